/**
 * What rollouts earned, and what that says of each: plain numbers from plain predictions.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries.
 */
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import { match } from '../models/matching/match';
import { plainSetLoss } from '../models/set-loss/plain';
import type { SetLossRecipe } from '../models/set-loss/recipe';
import { advantagesOf, returnsOf } from '../rl/returns';
import { layerReward, type LayerReward } from '../rl/rewards';

export interface Earned {
  reward: LayerReward;
  match: Match;
  prediction: SetPrediction;
}

/** What a prediction is judged by: the run's settings, and the model's matching and set loss. */
export interface Rules {
  settings: TrainSettings;
  recipe: SetLossRecipe;
}

/**
 * What one prediction earns; with the alternative reward minus its set loss instead of the four parts' sum.
 * @param pairs where they are known already
 */
export function earn(prediction: SetPrediction, labels: Labels, rules: Rules, pairs?: Match): Earned {
  const { settings, recipe } = rules;
  const own = pairs ?? match(prediction, labels, recipe.match);
  const parts = layerReward(prediction, labels, own, settings);
  if (settings.reward === 'parts') return { reward: parts, match: own, prediction };
  const { classes, boxes } = plainSetLoss(prediction, labels, own, recipe);
  return { reward: { ...parts, reward: -(classes + boxes) }, match: own, prediction };
}

export interface Judged {
  /** [R,K] */
  returns: Float32Array;
  /** [R,K,Q] */
  advantages: Float32Array;
}

/** [R,K] rewards as one packed array. */
const rewardsOf = (earned: readonly (readonly Earned[])[], rows: number): Float32Array =>
  Float32Array.from({ length: rows * earned.length }, (_, i) => {
    const [row, layer] = [Math.floor(i / earned.length), i % earned.length];
    return earned[layer]![row]!.reward.reward;
  });

/** [R,K,Q] from [R,K]: every query gets what its rollout gets. */
function spread(values: Float32Array, queries: number): Float32Array {
  const out = new Float32Array(values.length * queries);
  values.forEach((value, at) => out.fill(value, at * queries, (at + 1) * queries));
  return out;
}

/** [R,K,Q] from [R,Q,K]. */
function layersFirst(values: Float32Array, rows: number, queries: number, layers: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let q = 0; q < queries; q++)
      for (let k = 0; k < layers; k++) out[(r * layers + k) * queries + q] = values[(r * queries + q) * layers + k]!;
  return out;
}

/**
 * Returns and advantages of a step.
 * @param earned [K][R]
 * @param images B
 */
export function judge(earned: readonly (readonly Earned[])[], images: number, settings: TrainSettings): Judged {
  const { rollouts, discount, credit, baseline } = settings;
  const [rows, layers] = [images * rollouts, earned.length];
  const queries = earned[0]![0]!.prediction.queries;
  const group = { images, rollouts };
  const returns = returnsOf(rewardsOf(earned, rows), layers, discount);
  if (credit === 'image') return { returns, advantages: spread(advantagesOf(returns, group, baseline), queries) };
  const credits = new Float32Array(rows * queries * layers);
  earned.forEach((layer, k) =>
    layer.forEach(({ reward }, r) =>
      reward.query.forEach((value, q) => (credits[(r * queries + q) * layers + k] = value)),
    ),
  );
  const advantages = advantagesOf(returnsOf(credits, layers, discount), group, baseline);
  return { returns, advantages: layersFirst(advantages, rows, queries, layers) };
}
