/**
 * One image of a step as plain data for the episode view.
 *
 * K decoder layers, G rollouts, Q queries.
 */
import { unitBoxAt } from '../lib/boxes';
import { scoresOf, objectColumns } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import type { EpisodeOutcome, EpisodePrediction, EpisodeSnapshot } from '../lib/training';
import { returnsOf } from '../rl/returns';
import type { Batch } from './batch';
import type { Played } from './learner';
import type { Earned } from './rewards';

/** Confident predictions, and those that stand for a label. */
function predictionsOf({ prediction, match, reward }: Earned, tau: number): EpisodePrediction[] {
  const { queries, columns, boxes } = prediction;
  const scores = scoresOf(prediction);
  const objects = objectColumns(prediction);
  const pairs = new Map(Array.from(match.queries, (query, pair) => [query, pair]));
  const shown: EpisodePrediction[] = [];
  for (let query = 0; query < queries; query++) {
    const own = scores.subarray(query * columns, query * columns + objects);
    const label = own.reduce((best, score, at) => (score > own[best]! ? at : best), 0);
    const pair = pairs.get(query);
    if (!(own[label]! > tau) && pair === undefined) continue;
    const matched = pair === undefined ? null : { label: match.labels[pair]!, iou: reward.pairs[pair]! };
    const [cx, cy, w, h] = unitBoxAt(boxes, query);
    shown.push({ query, label, score: own[label]!, box: [cx, cy, w, h], matched });
  }
  return shown;
}

function outcomeOf(earned: Earned, gained: number, advantage: number | null, tau: number): EpisodeOutcome {
  const { iou, accuracy, overlap, extra, reward } = earned.reward;
  return { iou, accuracy, overlap, extra, reward, return: gained, advantage, predictions: predictionsOf(earned, tau) };
}

const meanOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * @param place of the image in the batch, a labelled one
 * @param picture of its view
 */
export function snapshotOf(
  step: number,
  batch: Batch,
  place: number,
  { mean, sampled }: Played,
  picture: Blob,
  { rollouts, discount, tau }: TrainSettings,
): EpisodeSnapshot {
  const { id, name, labels } = batch.items[place]!;
  const layers = mean.length;
  const path = mean.map((layer) => layer[place]!);
  const returns = returnsOf(
    path.map(({ reward }) => reward.reward),
    layers,
    discount,
  );
  const rolloutsOf = (k: number): EpisodeOutcome[] => {
    if (!sampled) return [];
    const { earned, judged } = sampled;
    const queries = earned[0]![0]!.prediction.queries;
    return Array.from({ length: rollouts }, (_, g) => {
      const row = place * rollouts + g;
      const at = (row * layers + k) * queries;
      const advantage = meanOf(judged.advantages.subarray(at, at + queries));
      return outcomeOf(earned[k]![row]!, judged.returns[row * layers + k]!, advantage, tau);
    });
  };
  return {
    step,
    image: { id, name },
    picture,
    labels: { classes: Array.from(labels!.classes), boxes: Float32Array.from(labels!.boxes) },
    layers: path.map((earned, k) => ({
      layer: k + 1,
      mean: outcomeOf(earned, returns[k]!, null, tau),
      rollouts: rolloutsOf(k),
    })),
  };
}
