/** D-FINE as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import type { ClusterSettings } from '../../lib/clusters';
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import { readAffineBlocks, type AffineBlocks } from '../../nn/hgnet/affine';
import { runHgnet } from '../../nn/hgnet/run';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type {
  ClusteredMemory,
  DecodeOptions,
  Detector,
  EncodeOptions,
  First,
  LayerTrace,
  Memory,
  Selection,
  Trace,
} from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { FamilyModel, type FamilyFiles } from '../family';
import { weightingFunction, type EdgeScale } from '../fine-edges/edges';
import { ByShape } from '../hybrid-encoder/by-shape';
import { loadWithPolicy, logStdNames } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { anchorsByShape, selectQueries, type AnchorTensors } from '../rtdetr/selection';
import { refuseFewTokens, refuseOtherAnchors } from '../selection-size';
import type { SetLossRecipe } from '../set-loss/recipe';
import { readDFineConfig, type DFineConfig } from './config';
import { decodeFrom, type DecoderRun } from './decoder';
import { attendedPositions, runClusteredEncoder, runEncoder, type EncoderRun } from './encoder';
import { dFineEpisode } from './episode';
import { classHeads, denoisingClasses, dFineRules, EDGE_SCALE, NOT_READ, UP } from './parameters';

const USUAL: Preprocessing = { size: [640, 640], rescale: 1 / 255 };

/** What a loaded model has beside its weights. */
interface Constants {
  affine: AffineBlocks;
  positions: ByShape<Record<string, tf.Tensor3D>>;
  anchors: ByShape<AnchorTensors>;
  edges: EdgeScale;
  setLoss: SetLossRecipe;
}

/** W(n) and the losses that read it, by the checkpoint's own numbers. */
function edgeConstants(c: DFineConfig, source: TensorSource): Pick<Constants, 'edges' | 'setLoss'> {
  const { bins } = c;
  const [up, regScale] = [UP, EDGE_SCALE].map((name) => Math.abs(source.float32(name)[0]!)) as [number, number];
  return {
    edges: { scale: regScale, weights: tf.tensor1d(weightingFunction(bins, up, regScale)) },
    setLoss: { ...c.setLoss, fineGrained: { ...c.edgeLosses, bins, up, regScale } },
  };
}

export class DFine extends FamilyModel<DFineConfig, Constants> implements Detector {
  readonly family = 'd_fine';
  readonly scoring = 'sigmoid';
  readonly setLoss = this.constants.setLoss;
  readonly strides = this.config.strides;
  readonly layers = this.config.layers;
  readonly policy = logStdNames(this.config);
  readonly classHeads = classHeads(this.config);
  readonly denoisingClasses = denoisingClasses(this.config);

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: FamilyFiles): DFine {
    const config = readDFineConfig(files.config, files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    refuseSize(config, preprocessing);
    const rules = dFineRules(config);
    const loaded = loadWithPolicy(rules, config, files, NOT_READ);
    const constants: Constants = {
      affine: readAffineBlocks(config.backbone, loaded.parameters, files.weights),
      positions: new ByShape((shapes) => attendedPositions(config, shapes)),
      anchors: anchorsByShape(),
      ...edgeConstants(config, files.weights),
    };
    return new DFine({ config, classes: files.classes, preprocessing, ...loaded, constants }, true);
  }

  sharing(parameters: Parameters): DFine {
    return new DFine({ ...this.loaded, parameters }, false);
  }

  encode(image: tf.Tensor4D, options: EncodeOptions = {}): Memory {
    const features = this.features(image, options);
    return scoped('encoder', () => runEncoder(this.encoderRun, features));
  }

  encodeClustered(
    image: tf.Tensor4D,
    settings: ClusterSettings,
    options: EncodeOptions = {},
  ): Promise<ClusteredMemory> {
    return runClusteredEncoder(this.encoderRun, () => this.features(image, options), settings);
  }

  private features(image: tf.Tensor4D, { backbone = false }: EncodeOptions): tf.Tensor4D[] {
    const { parameters: p, config: c, constants } = this;
    const stages = (): tf.Tensor4D[] => scoped('backbone', () => runHgnet(p, constants.affine, c.backbone, image));
    const features = backbone ? stages() : untraced(stages);
    return c.backbone.out.map((stage) => features[stage]!);
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Required<Selection> {
    const anchors = this.constants.anchors.at(memory.shapes);
    return scoped('select', () => selectQueries(this.run(memory), anchors, dense));
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    const { first, answer, topk, extras } = this.select(memory, options);
    const rest = decodeFrom(this.run(memory), { ...first, hidden: stopGradient(first.hidden) }, options.views);
    return { memory, topk, first, layers: [answer, ...rest.layers], extras: { ...extras, ...rest.extras } };
  }

  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    return decodeFrom(this.run(memory), first).layers;
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return dFineEpisode(this.run(memory), first, options);
  }

  private get encoderRun(): EncoderRun {
    const { positions } = this.constants;
    return { p: this.parameters, c: this.config, positionsFor: (shapes) => positions.at(shapes) };
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, edges: this.constants.edges, memory };
  }

  protected override disposeConstants(): void {
    this.constants.positions.dispose();
    this.constants.anchors.dispose();
    this.constants.edges.weights.dispose();
  }
}

/** The fusion doubles each level, and every query is a token of its own. */
function refuseSize({ strides, queries, anchorSize }: DFineConfig, { size }: Preprocessing): void {
  const coarsest = strides[strides.length - 1]!;
  if (size.some((side) => side % coarsest !== 0))
    throw new DetectorError(
      'unsupported',
      'preprocessor_config.json',
      `size: expected multiples of ${coarsest}, got ${size.join(' x ')}`,
    );
  refuseOtherAnchors(anchorSize, size);
  refuseFewTokens(
    queries,
    strides.reduce((sum, stride) => sum + (size[0] / stride) * (size[1] / stride), 0),
  );
}
