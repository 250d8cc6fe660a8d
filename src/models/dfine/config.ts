/** config.json of D-FINE (arXiv 2410.13842) as the hub's files have it; nano has two levels, the others three. */
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { AifiConfig } from '../hybrid-encoder/aifi';
import { readSetLoss } from '../rtdetr/config';
import type { SetLossRecipe } from '../set-loss/recipe';
import { levelStrides, readBackbone, type DFineBackbone } from './backbone-config';
import type { FusionConfig } from './fusion';

const ACTIVATIONS = ['relu', 'silu', 'gelu'] as const;

export interface DFineConfig {
  readonly backbone: DFineBackbone;
  readonly encoder: {
    readonly aifi: AifiConfig;
    /** Levels with attention of their own. */
    readonly attended: readonly number[];
    readonly temperature: number;
    readonly fusion: FusionConfig;
  };
  /** Pixels of a cell of each level, finest first. */
  readonly strides: readonly number[];
  /** D */
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: (typeof ACTIVATIONS)[number];
  readonly layers: number;
  readonly queries: number;
  readonly classes: number;
  /** Sampling points of each level. */
  readonly points: readonly number[];
  /** An offset of 1 is this part of the box, divided by the level's number of points. */
  readonly offsetScale: number;
  /** Read the nearest cell instead of between cells (RT-DETRv2, arXiv 2407.17140, section 3.1). */
  readonly discrete: boolean;
  /** Bins of an edge's distribution minus one. */
  readonly bins: number;
  /** The localisation quality estimate: highest probabilities of an edge that it reads, hidden width, linear layers. */
  readonly quality: { readonly top: number; readonly width: number; readonly layers: number };
  /** Whether the checkpoint has embeddings of classes for denoising queries. */
  readonly denoising: boolean;
  /** [height, width] that the anchors are fixed for, where config.json says one: the input's, else it is refused. */
  readonly anchorSize?: readonly number[];
  readonly setLoss: SetLossRecipe;
  /** Weights of the losses of the edges' distributions. */
  readonly edgeLosses: { readonly fgl: number; readonly ddf: number };
}

type Json = Record<string, unknown>;

function refuse(file: ConfigReader, message: string): never {
  throw new DetectorError('unsupported', file.file, message);
}

/** Settings that are the same in every checkpoint of the family; another value would be another model. */
function refuseOthers(file: ConfigReader): void {
  file.oneOf('model_type', ['d_fine']);
  file.oneOf('normalize_before', [false], false);
  file.oneOf('learn_initial_query', [false], false);
  file.oneOf('with_box_refine', [true], true);
  file.oneOf('use_focal_loss', [true], true);
  file.oneOf('layer_norm_eps', [1e-5], 1e-5);
  file.oneOf('batch_norm_eps', [1e-5], 1e-5);
  file.oneOf('matcher_alpha', [0.25], 0.25);
  file.oneOf('matcher_gamma', [2], 2);
  if (file.has('eval_size')) refuse(file, 'eval_size: a fixed size of the position embedding is not supported');
}

/** The same channels at every level. */
function expectChannels(file: ConfigReader, key: string, expected: readonly number[]): void {
  const got = file.integers(key);
  if (got.length !== expected.length || got.some((channels, level) => channels !== expected[level]))
    refuse(file, `${key}: expected [${expected.join(', ')}], got [${got.join(', ')}]`);
}

function readEncoder(file: ConfigReader, levels: number): DFineConfig['encoder'] {
  const width = file.integer('encoder_hidden_dim', { min: 4 });
  const heads = file.integer('encoder_attention_heads');
  if (width % (4 * heads) !== 0)
    refuse(file, `encoder_hidden_dim: expected a multiple of 4 x encoder_attention_heads (${4 * heads}), got ${width}`);
  const attended = file.integers('encode_proj_layers', { min: 0 });
  if (attended.some((level) => level >= levels))
    refuse(file, `encode_proj_layers: expected levels below ${levels}, got [${attended.join(', ')}]`);
  file.oneOf('activation_function', ['silu'], 'silu');
  return {
    aifi: {
      width,
      heads,
      layers: file.integer('encoder_layers', { min: 0, otherwise: 1 }),
      hidden: file.integer('encoder_ffn_dim'),
      activation: file.oneOf('encoder_activation_function', ACTIVATIONS, 'gelu'),
    },
    attended,
    temperature: file.integer('positional_encoding_temperature', { otherwise: 10000 }),
    fusion: {
      width,
      levels,
      expansion: file.number('hidden_expansion', { otherwise: 1 }),
      bottlenecks: Math.round(3 * file.number('depth_mult', { otherwise: 1 })),
    },
  };
}

/** One number for all levels, or a list of one for each. */
function readPoints(file: ConfigReader, given: unknown, levels: number): number[] {
  return Array.isArray(given)
    ? file.integers('decoder_n_points', { length: levels })
    : Array<number>(levels).fill(file.integer('decoder_n_points', { otherwise: 4 }));
}

function readDecoder(file: ConfigReader) {
  const width = file.integer('d_model');
  const heads = file.integer('decoder_attention_heads');
  if (width % heads !== 0)
    refuse(file, `d_model: expected a multiple of decoder_attention_heads (${heads}), got ${width}`);
  const layers = file.integer('decoder_layers');
  // layers behind the one that answers are of layer_scale's width, and there only while training
  file.oneOf('eval_idx', [-1, layers - 1], -1);
  const bins = file.integer('max_num_bins', { min: 4, otherwise: 32 });
  if (bins % 2 !== 0) refuse(file, `max_num_bins: expected an even number, got ${bins}`);
  const top = file.integer('top_prob_values', { otherwise: 4 });
  if (top > bins + 1) refuse(file, `top_prob_values: expected at most the ${bins + 1} bins of an edge, got ${top}`);
  return {
    width,
    heads,
    hidden: file.integer('decoder_ffn_dim'),
    activation: file.oneOf('decoder_activation_function', ACTIVATIONS, 'relu'),
    layers,
    queries: file.integer('num_queries'),
    bins,
    quality: {
      top,
      width: file.integer('lqe_hidden_dim', { otherwise: 64 }),
      layers: file.integer('lqe_layers', { otherwise: 2 }),
    },
    denoising: file.integer('num_denoising', { min: 0, otherwise: 100 }) > 0,
  };
}

/**
 * @param classes number of classes in id2label
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readDFineConfig(json: Json, classes: number): DFineConfig {
  const file = new ConfigReader(json, 'config.json');
  refuseOthers(file);
  const backbone = readBackbone(file.section('backbone_config'), json['backbone_config'] as Json);
  const levels = backbone.out.length;
  const encoder = readEncoder(file, levels);
  const strides = levelStrides(backbone);
  expectChannels(
    file,
    'encoder_in_channels',
    backbone.out.map((stage) => backbone.stages[stage]!.output),
  );
  expectChannels(file, 'decoder_in_channels', Array<number>(levels).fill(encoder.fusion.width));
  expectChannels(file, 'feat_strides', strides);
  file.oneOf('num_feature_levels', [levels], 3);
  return {
    backbone,
    encoder,
    strides,
    ...readDecoder(file),
    classes,
    points: readPoints(file, json['decoder_n_points'], levels),
    offsetScale: file.number('decoder_offset_scale', { otherwise: 0.5 }),
    discrete: file.oneOf('decoder_method', ['default', 'discrete'], 'default') === 'discrete',
    ...(file.has('anchor_image_size') ? { anchorSize: file.integers('anchor_image_size', { length: 2 }) } : {}),
    setLoss: readSetLoss(file),
    edgeLosses: {
      fgl: file.number('weight_loss_fgl', { otherwise: 0.15 }),
      ddf: file.number('weight_loss_ddf', { otherwise: 1.5 }),
    },
  };
}
