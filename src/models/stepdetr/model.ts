/** StepDETR as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import { anchorLogits, sinePositions, type LevelShape } from '../../nn/geometry';
import { Parameters } from '../../nn/parameters';
import type { DecodeOptions, Detector, First, LayerTrace, Memory, Selection, Trace } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { FamilyModel, type FamilyFiles } from '../family';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { RT_DETR_LOSS } from '../set-loss/recipe';
import { BACKBONE_CHANNELS, backboneRules, runBackbone } from './backbone';
import { readStepDetrConfig, type StepDetrConfig } from './config';
import { decode, decodeFrom, selectQueries } from './decoder';
import { stepDetrEpisode } from './episode';
import { encodeFeatures, encodePatches } from './encoder';
import { CLASS_HEADS, logStdNames, stepDetrRules } from './parameters';

/** Anchors are 0.05 * stride / 8 of the image wide (RT-DETR, section 4.3). */
const ANCHOR_SIZE = 0.05;

/** What a loaded model has beside its weights. */
interface Constants {
  /** The frozen backbone; without one the model stands on patches. */
  backbone: Parameters | undefined;
  /** [1,N',D] sine positions of the cells that the encoder blocks see. */
  positions: tf.Tensor3D;
  /** [N,4] anchor logits. */
  anchors: tf.Tensor2D;
}

function makeConstants(
  { width, strides }: StepDetrConfig,
  { size }: Preprocessing,
  backbone: Parameters | undefined,
): Constants {
  const [h, w] = size.map((side) => side / 16) as [number, number];
  const shapes: LevelShape[] = [
    [h, w],
    [h / 2, w / 2],
  ];
  const placed = shapes[backbone ? 1 : 0]!;
  const sizes = strides.map((stride) => (ANCHOR_SIZE * stride) / 8);
  const anchors = anchorLogits(shapes, sizes);
  return {
    backbone,
    positions: tf.tensor(sinePositions(placed, width), [1, placed[0] * placed[1], width]),
    anchors: tf.tensor(anchors, [anchors.length / 4, 4]),
  };
}

export class StepDetr extends FamilyModel<StepDetrConfig, Constants> implements Detector {
  readonly family = 'stepdetr';
  readonly scoring = 'sigmoid';
  readonly setLoss = RT_DETR_LOSS;
  readonly strides = [16, 32];
  readonly classHeads = CLASS_HEADS;
  readonly layers = this.config.decoderLayers;
  readonly policy = logStdNames(this.config);

  /**
   * @param files config.json, preprocessor_config.json (or nothing), the weights, and the frozen backbone's weights where patch is 0
   * @throws DetectorError naming the setting or tensor that is not as it should be
   */
  static load(files: FamilyFiles & { backbone: TensorSource | undefined }): StepDetr {
    const config = readStepDetrConfig(new ConfigReader(files.config, 'config.json'));
    const preprocessing = readPreprocessing(files.preprocessor, {
      size: [config.imageSize, config.imageSize],
      rescale: config.patch === 0 ? 1 : 1 / 255,
    });
    refuseMismatch(config, files.classes, preprocessing);
    const backbone = config.patch === 0 ? loadBackbone(config, files.backbone) : undefined;
    const rules = stepDetrRules(config);
    const parameters = Parameters.load(rules, files.weights);
    const parameterCount = parameters.count + (backbone?.count ?? 0);
    const constants = makeConstants(config, preprocessing, backbone);
    const { classes } = files;
    return new StepDetr({ config, classes, preprocessing, parameters, rules, parameterCount, constants }, true);
  }

  sharing(parameters: Parameters): StepDetr {
    return new StepDetr({ ...this.loaded, parameters }, false);
  }

  /** @param image [B,H,W,3] 0..255 -> features at strides 16 and 32; only where there is a backbone */
  features(image: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
    const { backbone } = this.constants;
    if (!backbone) throw new Error('a StepDETR over patches has no backbone');
    // frozen: untraced, its kernels run fused also where the encoder learns
    return scoped('backbone', () => untraced(() => runBackbone(backbone, image)));
  }

  encode(image: tf.Tensor4D): Memory {
    return this.constants.backbone
      ? this.encodeFeatures(...this.features(image))
      : scoped('encoder', () => encodePatches(this.parameters, this.config, image, this.constants.positions));
  }

  encodeFeatures(stride16: tf.Tensor4D, stride32: tf.Tensor4D): Memory {
    const { positions } = this.constants;
    return scoped('encoder', () => encodeFeatures(this.parameters, this.config, stride16, stride32, positions));
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.parameters, this.config, memory, this.constants.anchors, options);
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return stepDetrEpisode(this.parameters, this.config, memory, first, options);
  }

  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    return decodeFrom(this.parameters, this.config, memory, first);
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Selection {
    return selectQueries(this.parameters, this.config, memory, this.constants.anchors, dense);
  }

  protected override disposeConstants(): void {
    this.constants.backbone?.dispose();
    this.constants.positions.dispose();
    this.constants.anchors.dispose();
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
