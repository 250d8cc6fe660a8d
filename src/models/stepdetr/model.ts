/** StepDETR as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import { anchorLogits, sinePositions } from '../../nn/geometry';
import { Parameters } from '../../nn/parameters';
import type { DecodeOptions, Detector, LayerTrace, Memory, Trace } from '../detector';
import type { Episode } from '../episode';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { BACKBONE_CHANNELS, backboneRules, runBackbone } from './backbone';
import { readStepDetrConfig, type StepDetrConfig } from './config';
import { decode, selectQueries } from './decoder';
import { stepDetrEpisode, type EpisodeOptions } from './episode';
import { encodeFeatures, encodePatches } from './encoder';
import { stepDetrRules } from './parameters';

/** Anchors are 0.05 * stride / 8 of the image wide (RT-DETR, section 4.3). */
const ANCHOR_SIZE = 0.05;

export class StepDetr implements Detector {
  readonly family = 'stepdetr';
  private readonly positions: tf.Tensor3D;
  private readonly anchors: tf.Tensor2D;

  private constructor(
    readonly config: StepDetrConfig,
    readonly classes: readonly string[],
    readonly preprocessing: Preprocessing,
    readonly parameters: Parameters,
    private readonly backbone: Parameters | undefined,
  ) {
    const [h, w] = preprocessing.size.map((side) => side / 16) as [number, number];
    const [ch, cw] = [h / 2, w / 2];
    const placed: readonly [number, number] = backbone ? [ch, cw] : [h, w];
    this.positions = tf.tensor(sinePositions(placed, config.width), [1, placed[0] * placed[1], config.width]);
    const sizes = config.strides.map((stride) => (ANCHOR_SIZE * stride) / 8);
    this.anchors = tf.tensor(
      anchorLogits(
        [
          [h, w],
          [ch, cw],
        ],
        sizes,
      ),
      [h * w + ch * cw, 4],
    );
  }

  /**
   * @param files config.json, preprocessor_config.json (or nothing), the weights, and the frozen backbone's weights where patch is 0
   * @throws DetectorError naming the setting or tensor that is not as it should be
   */
  static load(files: {
    config: Record<string, unknown>;
    preprocessor: Record<string, unknown> | undefined;
    classes: readonly string[];
    weights: TensorSource;
    backbone: TensorSource | undefined;
  }): StepDetr {
    const config = readStepDetrConfig(new ConfigReader(files.config, 'config.json'));
    const preprocessing = readPreprocessing(files.preprocessor, {
      size: [config.imageSize, config.imageSize],
      rescale: config.patch === 0 ? 1 : 1 / 255,
    });
    refuseMismatch(config, files.classes, preprocessing);
    const backbone = config.patch === 0 ? loadBackbone(config, files.backbone) : undefined;
    return new StepDetr(
      config,
      files.classes,
      preprocessing,
      Parameters.load(stepDetrRules(config), files.weights),
      backbone,
    );
  }

  get layers(): number {
    return this.config.decoderLayers;
  }

  get queries(): number {
    return this.config.queries;
  }

  get parameterCount(): number {
    return this.parameters.count + (this.backbone?.count ?? 0);
  }

  /** @param image [B,H,W,3] 0..255 -> features at strides 16 and 32; only where there is a backbone */
  features(image: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
    if (!this.backbone) throw new Error('a StepDETR over patches has no backbone');
    return runBackbone(this.backbone, image);
  }

  encode(image: tf.Tensor4D): Memory {
    return this.backbone
      ? this.encodeFeatures(...this.features(image))
      : encodePatches(this.parameters, this.config, image, this.positions);
  }

  encodeFeatures(stride16: tf.Tensor4D, stride32: tf.Tensor4D): Memory {
    return encodeFeatures(this.parameters, this.config, stride16, stride32, this.positions);
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.parameters, this.config, memory, this.anchors, options);
  }

  /**
   * The decoder as an episode over a memory that all rollouts of an image share.
   * @param first the query selection's answer for this memory: `decode(memory).layers[0]`, or `select(memory)`
   */
  episode(memory: Memory, first: Pick<LayerTrace, 'hidden' | 'boxes'>, options: EpisodeOptions): Episode {
    return stepDetrEpisode(this.parameters, this.config, memory, first, options);
  }

  /** The query selection alone: queries and boxes that enter the first layer. Run inside tf.tidy. */
  select(memory: Memory): LayerTrace {
    return selectQueries(this.parameters, this.config, memory, this.anchors, false).first;
  }

  dispose(): void {
    this.parameters.dispose();
    this.backbone?.dispose();
    this.positions.dispose();
    this.anchors.dispose();
  }
}

function refuseMismatch(config: StepDetrConfig, classes: readonly string[], { size }: Preprocessing): void {
  if (classes.length !== config.classes) {
    throw new DetectorError(
      'checkpoint',
      'config.json',
      `id2label: expected ${config.classes} classes as "classes" says, got ${classes.length}`,
    );
  }
  if (size.some((side) => side % 32 !== 0)) {
    throw new DetectorError(
      'checkpoint',
      'preprocessor_config.json',
      `size: expected multiples of 32, got ${size.join(' x ')}`,
    );
  }
}

function loadBackbone(config: StepDetrConfig, source: TensorSource | undefined): Parameters {
  if (!source) {
    throw new DetectorError(
      'checkpoint',
      'backbone.safetensors',
      'the frozen backbone that this StepDETR stands on is missing',
    );
  }
  if (config.backboneChannels.some((channels, level) => channels !== BACKBONE_CHANNELS[level])) {
    throw new DetectorError(
      'unsupported',
      'config.json',
      `backbone_channels: [${config.backboneChannels.join(', ')}] is not supported, only [${BACKBONE_CHANNELS.join(', ')}]`,
    );
  }
  return Parameters.load(backboneRules(), source);
}
