/**
 * Deformable DETR's config.json (arXiv 2010.04159), in both forms that the hub has: with a `backbone_config`, and the older
 * plain one.
 */
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import { readBackbone } from '../detr/config';
import type { SetLossRecipe } from '../set-loss/recipe';

interface Part {
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  /** Sampling points of each level. */
  readonly points: readonly number[];
}

export interface DeformableDetrConfig {
  /** The last stage of the backbone keeps its resolution and is dilated instead (DC5). */
  readonly dilation: boolean;
  /** Stages of the backbone that are read; the first is 0. */
  readonly stages: readonly number[];
  /** Levels of the memory: one for each stage, then each half of the one before. */
  readonly levels: number;
  /** D */
  readonly width: number;
  readonly encoder: Part;
  readonly decoder: Part;
  /** Q */
  readonly queries: number;
  readonly classes: number;
  /** Every layer moves the boxes of the one before (section 4.2); else all move the same reference points. */
  readonly refine: boolean;
  /** Queries are the encoder's best proposals (section 4.2, appendix A.4); else they are learned. */
  readonly twoStage: boolean;
  readonly setLoss: SetLossRecipe;
}

/** Groups of the norms behind the projections of the backbone's features. */
export const NORM_GROUPS = 32;
/** The backbone's strides 8, 16 and 32. */
const MULTI_SCALE = [1, 2, 3];
const SINGLE_SCALE = [3];
/** Proposals of a sixth level would be wider than the image. */
const MOST_LEVELS = 5;
const FILE = 'config.json';

type Json = Record<string, unknown>;

function unsupported(message: string): never {
  throw new DetectorError('unsupported', FILE, message);
}

/** timm counts the stem as 0. */
function refuseOtherStages(config: ConfigReader, stages: readonly number[]): void {
  const own = config.has('backbone_config') ? config.section('backbone_config') : undefined;
  if (!own?.has('out_indices')) return;
  const [wanted, given] = [stages.map((stage) => stage + 1), own.integers('out_indices')];
  if (given.join() !== wanted.join())
    unsupported(`backbone_config.out_indices: expected [${wanted}] for num_feature_levels, got [${given}]`);
}

/** The criterion's weights as the hub's DeformableDetrConfig names them, with its defaults. */
function readSetLoss(config: ConfigReader): SetLossRecipe {
  const weight = (key: string, otherwise: number): number => config.number(key, { otherwise });
  return {
    classes: 'focal',
    alpha: weight('focal_alpha', 0.25),
    gamma: 2,
    noObject: 0,
    weights: { classes: 1, l1: weight('bbox_loss_coefficient', 5), giou: weight('giou_loss_coefficient', 2) },
    match: { classes: weight('class_cost', 1), l1: weight('bbox_cost', 5), giou: weight('giou_cost', 2) },
  };
}

function readLevels(config: ConfigReader): number {
  const levels = config.integer('num_feature_levels', { otherwise: 4 });
  const multiScale = levels >= MULTI_SCALE.length && levels <= MOST_LEVELS;
  if (levels !== 1 && !multiScale)
    unsupported(`num_feature_levels: expected 1 or ${MULTI_SCALE.length}..${MOST_LEVELS}, got ${levels}`);
  return levels;
}

function readPart(config: ConfigReader, name: string, width: number, levels: number): Part {
  const heads = config.integer(`${name}_attention_heads`, { otherwise: 8 });
  if (width % heads !== 0) unsupported(`${name}_attention_heads: ${heads} does not divide d_model ${width}`);
  return {
    layers: config.integer(`${name}_layers`, { otherwise: 6 }),
    heads,
    hidden: config.integer(`${name}_ffn_dim`, { otherwise: 1024 }),
    points: Array<number>(levels).fill(config.integer(`${name}_n_points`, { otherwise: 4 })),
  };
}

/**
 * @param json config.json, parsed
 * @param classes how many names the checkpoint has
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readDeformableDetrConfig(json: Json, classes: number): DeformableDetrConfig {
  const config = new ConfigReader(json, FILE);
  const levels = readLevels(config);
  const stages = levels === 1 ? SINGLE_SCALE : MULTI_SCALE;
  refuseOtherStages(config, stages);
  config.oneOf('position_embedding_type', ['sine'], 'sine');
  config.oneOf('activation_function', ['relu'], 'relu');
  const width = config.integer('d_model', { otherwise: 256 });
  if (width % NORM_GROUPS !== 0) unsupported(`d_model: expected a multiple of ${NORM_GROUPS}, got ${width}`);
  const twoStage = config.boolean('two_stage', { otherwise: false });
  const refine = config.boolean('with_box_refine', { otherwise: false });
  if (twoStage && !refine) unsupported('with_box_refine: expected true where two_stage is, got false');
  return {
    dilation: readBackbone(json, config),
    stages,
    levels,
    width,
    encoder: readPart(config, 'encoder', width, levels),
    decoder: readPart(config, 'decoder', width, levels),
    queries: config.integer(twoStage ? 'two_stage_num_proposals' : 'num_queries', { otherwise: 300 }),
    classes,
    refine,
    twoStage,
    setLoss: readSetLoss(config),
  };
}
