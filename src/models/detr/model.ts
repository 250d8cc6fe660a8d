/** DETR (arXiv 2005.12872) as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import type { ClusterSettings } from '../../lib/clusters';
import type { Parameters } from '../../nn/parameters';
import type { ResNetConfig } from '../../nn/resnet/config';
import { resNetRules } from '../../nn/resnet/rules';
import { timmResNet } from '../../nn/resnet/timm';
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
import { loadWithPolicy, logStdNames } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { runClusteredEncoder } from './clustered';
import { readDetrConfig, type DetrConfig } from './config';
import { decode, decodeFrom, firstOf, type DecoderRun } from './decoder';
import { runEncoder } from './encoder';
import { enter, type Entered } from './entrance';
import { detrEpisode } from './episode';
import { BACKBONE, CLASS_HEAD, detrRules } from './parameters';
import { SinePositions } from './positions';

/** The hub's DetrImageProcessor without a file: ImageNet's statistics, shorter side 800. */
export const USUAL: Preprocessing = {
  size: [800, 1066],
  fit: { shortest: 800, longest: 1333 },
  rescale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
/** The fourth stage, at stride 32 (16 where it is dilated). */
const LAST_STAGE = 3;

/** What a loaded model has beside its weights. */
interface Constants {
  backbone: ResNetConfig;
  positions: SinePositions;
}

export class Detr extends FamilyModel<DetrConfig, Constants> implements Detector {
  readonly family = 'detr';
  readonly scoring = 'softmax';
  readonly learnedQueries = true;
  readonly setLoss = this.config.setLoss;
  readonly layers = this.config.decoder.layers;
  readonly policy = logStdNames(this.config.decoder);
  readonly classHeads = [{ weight: `${CLASS_HEAD}.weight`, bias: `${CLASS_HEAD}.bias` }];

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: FamilyFiles): Detr {
    const config = readDetrConfig(files.config, files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    const backbone = timmResNet(files.weights, BACKBONE, { dilation: config.dilation, out: [LAST_STAGE] });
    const rules = [...resNetRules(backbone), ...detrRules(config, backbone.widths[LAST_STAGE]!)];
    const loaded = loadWithPolicy(rules, { layers: config.decoder.layers, width: config.width }, files);
    const constants: Constants = { backbone, positions: new SinePositions(config.width) };
    return new Detr({ config, classes: files.classes, preprocessing, ...loaded, constants }, true);
  }

  sharing(parameters: Parameters): Detr {
    return new Detr({ ...this.loaded, parameters }, false);
  }

  encode(image: tf.Tensor4D, options: EncodeOptions = {}): Memory {
    const entered = enter(this.parameters, this.constants.backbone, image, options);
    const { p, c, positions } = this.run(entered);
    const encoded = (): tf.Tensor3D => runEncoder({ p, c, positions, mask: entered.mask }, entered.tokens);
    return { ...entered, tokens: scoped('encoder', encoded) };
  }

  /**
   * As `encode`, with clusters in the place of the encoder's queries (ACT, arXiv 2011.09315). It waits for the clusters of each
   * layer: not inside tf.tidy; inside `gradientsOf` it may be.
   * @returns a memory whose tensors are the caller's, and what each layer's clusters came to
   * @throws DetectorError `internal` for settings out of range
   */
  async encodeClustered(
    image: tf.Tensor4D,
    settings: ClusterSettings,
    options: EncodeOptions = {},
  ): Promise<ClusteredMemory> {
    const entered = tidied(() => enter(this.parameters, this.constants.backbone, image, options));
    const positions = tf.tidy(() => this.positionsOf(entered));
    const run = { p: this.parameters, c: this.config, positions, mask: entered.mask };
    const onImage = await entered.mask?.data();
    const { tokens, layers } = await runClusteredEncoder(run, entered.tokens, settings, onImage);
    tf.dispose([entered.tokens, positions]);
    const shape = entered.shapes[0]!;
    return { memory: { ...entered, tokens }, layers: layers.map((layer) => ({ ...layer, shape })) };
  }

  select(memory: Memory): Selection {
    return { first: firstOf({ c: this.config, memory }), extras: {} };
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.run(memory), options);
  }

  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    return decodeFrom(this.run(memory), first);
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return detrEpisode(this.run(memory), first, options);
  }

  private positionsOf({ shapes, mask }: Pick<Memory, 'shapes' | 'mask'>): tf.Tensor3D {
    return this.constants.positions.at(shapes[0]!, mask);
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, memory, positions: this.positionsOf(memory) };
  }

  protected override disposeConstants(): void {
    this.constants.positions.dispose();
  }
}

/** tf.tidy, whose types know no readonly arrays. */
const tidied = (work: () => Entered): Entered =>
  tf.tidy(work as unknown as () => tf.TensorContainer) as unknown as Entered;
