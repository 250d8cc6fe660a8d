/** Deformable DETR (arXiv 2010.04159) as a Detector: weights and the way from an image to every layer's answer. */
import type * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import type { Parameters } from '../../nn/parameters';
import type { ResNetConfig } from '../../nn/resnet/config';
import { resNetRules } from '../../nn/resnet/rules';
import { runResNet } from '../../nn/resnet/run';
import { timmResNet } from '../../nn/resnet/timm';
import { stopGradient } from '../../nn/tape';
import type { DecodeOptions, Detector, EncodeOptions, First, LayerTrace, Memory, Selection, Trace } from '../detector';
import { USUAL } from '../detr/model';
import type { Episode, EpisodeOptions } from '../episode';
import { FamilyModel, type FamilyFiles } from '../family';
import { loadWithPolicy, logStdNames } from '../policy';
import { readPreprocessing } from '../preprocessing';
import { readDeformableDetrConfig, type DeformableDetrConfig } from './config';
import { decode, decodeFrom } from './decoder';
import { runEncoder } from './encoder';
import { deformableDetrEpisode } from './episode';
import { BACKBONE, deformableDetrRules, readHeads, type Heads } from './parameters';
import { select, type DecoderRun } from './start';

/** What a loaded model has beside its weights. */
interface Constants {
  backbone: ResNetConfig;
  heads: Heads;
}

/** The proposals' head says "object" in its first column, and nothing of classes: it is not among them. */
function classHeads({ classes }: Heads, layers: number): { weight: string; bias: string }[] {
  const names = new Set(classes.slice(0, layers));
  return [...names].map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
}

export class DeformableDetr extends FamilyModel<DeformableDetrConfig, Constants> implements Detector {
  readonly family = 'deformable_detr';
  readonly scoring = 'sigmoid';
  readonly setLoss = this.config.setLoss;
  readonly layers = this.config.decoder.layers;
  readonly policy = logStdNames(this.config.decoder);
  readonly learnedQueries = !this.config.twoStage;
  readonly classHeads = classHeads(this.constants.heads, this.layers);

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: FamilyFiles): DeformableDetr {
    const config = readDeformableDetrConfig(files.config, files.classes.length);
    const { dilation, stages, decoder, width } = config;
    const backbone = timmResNet(files.weights, BACKBONE, { dilation, out: stages });
    const heads = readHeads(config, files.weights);
    const channels = stages.map((stage) => backbone.widths[stage]!);
    const rules = [...resNetRules(backbone), ...deformableDetrRules(config, channels, heads, files.weights)];
    const loaded = loadWithPolicy(rules, { layers: decoder.layers, width }, files);
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    const constants: Constants = { backbone, heads };
    return new DeformableDetr({ config, classes: files.classes, preprocessing, ...loaded, constants }, true);
  }

  sharing(parameters: Parameters): DeformableDetr {
    return new DeformableDetr({ ...this.loaded, parameters }, false);
  }

  encode(image: tf.Tensor4D, { mask, backbone = false }: EncodeOptions = {}): Memory {
    const run = (): tf.Tensor4D[] =>
      scoped('backbone', () => runResNet(this.parameters, this.constants.backbone, image));
    const features = backbone ? run() : untraced(run);
    return scoped('encoder', () => runEncoder(this.parameters, this.config, features, mask));
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Selection {
    return select(this.run(memory), dense);
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.run(memory), options);
  }

  /** @throws DetectorError `internal` where queries are learned and there are not as many: each has its own position */
  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    const { twoStage, queries } = this.config;
    const given = first.hidden.shape[1];
    expectThat('decodeFrom', twoStage || given === queries, `expected ${queries} learned queries, got ${given}`);
    return decodeFrom(this.run(memory), { hidden: stopGradient(first.hidden), boxes: stopGradient(first.boxes) });
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return deformableDetrEpisode(this.run(memory), first, options);
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, heads: this.constants.heads, memory };
  }
}
