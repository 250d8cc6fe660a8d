/** DETR's config.json (arXiv 2005.12872), in both forms that the hub has: with a `backbone_config`, and the older plain one. */
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { SetLossRecipe } from '../set-loss/recipe';

export interface DetrConfig {
  /** The last stage of the backbone keeps its resolution and is dilated instead (DC5). */
  readonly dilation: boolean;
  /** D */
  readonly width: number;
  readonly encoder: { readonly layers: number; readonly heads: number; readonly hidden: number };
  readonly decoder: { readonly layers: number; readonly heads: number; readonly hidden: number };
  readonly queries: number;
  /** Without "no object". */
  readonly classes: number;
  /**
   * The decoder's final norm stands between its layers too, and twice behind the last one: what the hub's implementation
   * does where `auxiliary_loss` is set. DETR itself, and its own checkpoints, have it only before the heads.
   */
  readonly normBetween: boolean;
  readonly setLoss: SetLossRecipe;
}

/** timm's name of a ResNet with the plain stem, whose widths and depths are read from the weights. */
const RESNET = /^resnet(?!v2|.*d$)/;

const DEFAULT_BACKBONE = 'resnet50';
const FILE = 'config.json';

function refuse(message: string): never {
  throw new DetectorError('unsupported', FILE, message);
}

type Json = Record<string, unknown>;

/** @returns whether the last stage is dilated */
export function readBackbone(json: Json, config: ConfigReader): boolean {
  const dilation = config.boolean('dilation', { otherwise: false });
  const own = config.has('backbone_config') ? config.section('backbone_config') : undefined;
  if (own) own.oneOf('model_type', ['timm_backbone']);
  else config.oneOf('use_timm_backbone', [true], true);
  const name = (own ? (json['backbone_config'] as Json) : json)['backbone'] ?? DEFAULT_BACKBONE;
  if (typeof name !== 'string' || !RESNET.test(name))
    refuse(`${own ? 'backbone_config.' : ''}backbone: ${JSON.stringify(name)} is not supported, only timm's ResNets`);
  config.oneOf('num_channels', [3], 3);
  return dilation || own?.oneOf('output_stride', [16, 32], 32) === 16;
}

/** The criterion's weights as the hub's DetrConfig names them, with its defaults. */
function readSetLoss(config: ConfigReader): SetLossRecipe {
  const weight = (key: string, otherwise: number): number => config.number(key, { otherwise });
  return {
    classes: 'softmax',
    alpha: 0,
    gamma: 0,
    noObject: weight('eos_coefficient', 0.1),
    weights: { classes: 1, l1: weight('bbox_loss_coefficient', 5), giou: weight('giou_loss_coefficient', 2) },
    match: { classes: weight('class_cost', 1), l1: weight('bbox_cost', 5), giou: weight('giou_cost', 2) },
  };
}

/**
 * @param json config.json, parsed
 * @param classes how many names the checkpoint has
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readDetrConfig(json: Record<string, unknown>, classes: number): DetrConfig {
  const config = new ConfigReader(json, FILE);
  const dilation = readBackbone(json, config);
  config.oneOf('position_embedding_type', ['sine'], 'sine');
  config.oneOf('activation_function', ['relu'], 'relu');
  // the authors' pre-norm variant has no checkpoint on the hub
  for (const key of ['normalize_before', 'pre_norm']) config.oneOf(key, [false], false);
  const width = config.integer('d_model', { otherwise: 256 });
  const part = (name: string, layers: number): DetrConfig['encoder'] => {
    const heads = config.integer(`${name}_attention_heads`, { otherwise: 8 });
    if (width % heads !== 0) refuse(`${name}_attention_heads: ${heads} does not divide d_model ${width}`);
    return {
      layers: config.integer(`${name}_layers`, { otherwise: layers }),
      heads,
      hidden: config.integer(`${name}_ffn_dim`, { otherwise: 2048 }),
    };
  };
  if (width % 4 !== 0) refuse(`d_model: expected a multiple of 4, got ${width}`);
  return {
    dilation,
    width,
    encoder: part('encoder', 6),
    decoder: part('decoder', 6),
    queries: config.integer('num_queries', { otherwise: 100 }),
    classes,
    normBetween: config.boolean('auxiliary_loss', { otherwise: false }),
    setLoss: readSetLoss(config),
  };
}
