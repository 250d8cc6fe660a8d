/** config.json of RT-DETR (arXiv 2304.08069) and RT-DETRv2 (arXiv 2407.17140) as the hub's files have it. */
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { ResNetConfig } from '../../nn/resnet/config';
import type { AifiConfig } from '../hybrid-encoder/aifi';
import type { CcfmConfig } from '../hybrid-encoder/ccfm';
import type { SetLossRecipe } from '../set-loss/recipe';
import { readResNet } from './resnet-config';

export interface RtDetrConfig {
  readonly family: 'rt_detr' | 'rt_detr_v2';
  readonly backbone: ResNetConfig;
  readonly encoder: {
    /** Channels of the backbone's levels, finest first. */
    readonly channels: readonly number[];
    readonly aifi: AifiConfig;
    /** Levels with attention of their own. */
    readonly attended: readonly number[];
    readonly temperature: number;
    readonly ccfm: CcfmConfig;
  };
  /** D */
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: (typeof ACTIVATIONS)[number];
  readonly layers: number;
  readonly queries: number;
  readonly classes: number;
  /** [height, width] that the checkpoint's anchors are made for, where it says so. */
  readonly anchorSize: readonly number[] | undefined;
  /** Sampling points of each level. */
  readonly points: readonly number[];
  /** An offset of 1 is this part of the box, divided by the level's number of points. */
  readonly offsetScale: number;
  /** Read the nearest cell instead of between cells (RT-DETRv2, section 3.1). */
  readonly discrete: boolean;
  /** Whether the checkpoint has embeddings of classes for denoising queries. */
  readonly denoising: boolean;
  readonly setLoss: SetLossRecipe;
}

const ACTIVATIONS = ['relu', 'silu', 'gelu'] as const;
/** Strides 8, 16 and 32. */
const LEVELS = 3;

function refuse(file: ConfigReader, message: string): never {
  throw new DetectorError('unsupported', file.file, message);
}

/** Settings that are the same in every checkpoint of the family; another value would be another model. */
function refuseOthers(file: ConfigReader): void {
  file.oneOf('normalize_before', [false], false);
  file.oneOf('learn_initial_query', [false], false);
  file.oneOf('with_box_refine', [true], true);
  file.oneOf('use_focal_loss', [true], true);
  file.oneOf('layer_norm_eps', [1e-5], 1e-5);
  file.oneOf('batch_norm_eps', [1e-5], 1e-5);
  file.oneOf('num_feature_levels', [LEVELS], LEVELS);
  file.oneOf('matcher_alpha', [0.25], 0.25);
  file.oneOf('matcher_gamma', [2], 2);
  if (file.has('eval_size')) refuse(file, 'eval_size: a fixed size of the position embedding is not supported');
}

function readEncoder(file: ConfigReader): RtDetrConfig['encoder'] {
  const width = file.integer('encoder_hidden_dim', { min: 4 });
  const heads = file.integer('encoder_attention_heads');
  if (width % (4 * heads) !== 0)
    refuse(file, `encoder_hidden_dim: expected a multiple of 4 x encoder_attention_heads (${4 * heads}), got ${width}`);
  const layers = file.integer('encoder_layers', { min: 0, otherwise: 1 });
  const attended = file.integers('encode_proj_layers', { min: 0 });
  if (attended.some((level) => level >= LEVELS))
    refuse(file, `encode_proj_layers: expected levels below ${LEVELS}, got [${attended.join(', ')}]`);
  const activation = file.oneOf('encoder_activation_function', ACTIVATIONS, 'gelu');
  return {
    channels: file.integers('encoder_in_channels', { length: LEVELS }),
    aifi: { width, heads, layers, activation, hidden: file.integer('encoder_ffn_dim') },
    attended,
    temperature: file.integer('positional_encoding_temperature', { otherwise: 10000 }),
    ccfm: {
      width,
      levels: LEVELS,
      expansion: file.number('hidden_expansion', { otherwise: 1 }),
      activation: file.oneOf('activation_function', ACTIVATIONS, 'silu'),
    },
  };
}

/** One number for all levels, or a list of one for each. */
function readPoints(file: ConfigReader, given: unknown): number[] {
  return Array.isArray(given)
    ? file.integers('decoder_n_points', { length: LEVELS })
    : Array<number>(LEVELS).fill(file.integer('decoder_n_points', { otherwise: 4 }));
}

function readDecoder(file: ConfigReader) {
  const width = file.integer('d_model');
  const heads = file.integer('decoder_attention_heads');
  if (width % heads !== 0)
    refuse(file, `d_model: expected a multiple of decoder_attention_heads (${heads}), got ${width}`);
  return {
    width,
    heads,
    hidden: file.integer('decoder_ffn_dim'),
    activation: file.oneOf('decoder_activation_function', ACTIVATIONS, 'relu'),
    layers: file.integer('decoder_layers'),
    queries: file.integer('num_queries'),
    denoising: file.integer('num_denoising', { min: 0, otherwise: 100 }) > 0,
  };
}

/** What RT-DETRv2 adds. */
function readSampling(file: ConfigReader, family: RtDetrConfig['family']) {
  if (family === 'rt_detr') return { offsetScale: 0.5, discrete: false };
  file.oneOf('decoder_n_levels', [LEVELS], LEVELS);
  return {
    offsetScale: file.number('decoder_offset_scale', { otherwise: 0.5 }),
    discrete: file.oneOf('decoder_method', ['default', 'discrete'], 'default') === 'discrete',
  };
}

/** RT-DETR's loss and matching, by the names that its config.json has; D-FINE's has the same. */
export function readSetLoss(file: ConfigReader): SetLossRecipe {
  const number = (key: string, otherwise: number): number => file.number(key, { otherwise });
  return {
    classes: 'varifocal',
    alpha: number('focal_loss_alpha', 0.75),
    gamma: number('focal_loss_gamma', 2),
    noObject: 0,
    weights: {
      classes: number('weight_loss_vfl', 1),
      l1: number('weight_loss_bbox', 5),
      giou: number('weight_loss_giou', 2),
    },
    match: {
      classes: number('matcher_class_cost', 2),
      l1: number('matcher_bbox_cost', 5),
      giou: number('matcher_giou_cost', 2),
    },
  };
}

/**
 * @param classes number of classes in id2label
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readRtDetrConfig(json: Record<string, unknown>, classes: number): RtDetrConfig {
  const file = new ConfigReader(json, 'config.json');
  const family = file.oneOf('model_type', ['rt_detr', 'rt_detr_v2']);
  refuseOthers(file);
  const backbone = readResNet(file);
  const encoder = readEncoder(file);
  const levels = backbone.out.map((stage) => backbone.widths[stage]);
  if (levels.some((channels, level) => channels !== encoder.channels[level]))
    refuse(
      file,
      `encoder_in_channels: expected the backbone's [${levels.join(', ')}], got [${encoder.channels.join(', ')}]`,
    );
  const inner = file.integers('decoder_in_channels', { length: LEVELS });
  if (inner.some((channels) => channels !== encoder.ccfm.width))
    refuse(
      file,
      `decoder_in_channels: expected encoder_hidden_dim ${encoder.ccfm.width} each, got [${inner.join(', ')}]`,
    );
  return {
    family,
    backbone,
    encoder,
    ...readDecoder(file),
    classes,
    anchorSize: file.has('anchor_image_size') ? file.integers('anchor_image_size', { length: 2 }) : undefined,
    points: readPoints(file, json['decoder_n_points']),
    ...readSampling(file, family),
    setLoss: readSetLoss(file),
  };
}
