/**
 * What one decoder layer of one rollout earns (../shared/design/rl.md; ../shared/reference/rl_reference.py, rewards).
 * Where note and file differ the file decides: without labels the file's accuracy is 0.
 *
 * Q queries, C class columns, T labels, M matched pairs.
 */
import { overlapOf } from '../lib/box-overlap';
import type { RewardSettings } from '../lib/rl-settings';
import { expectSet, objectColumns, scoresOf, type Labels, type Match, type SetPrediction } from '../lib/set-prediction';

/** IoU up to this costs nothing. */
const FREE_OVERLAP = 0.5;

export interface LayerReward {
  /** Mean IoU of the T labels with their queries, 0..1. */
  iou: number;
  /** Share of labels whose query is confident of the right class, 0..1. */
  accuracy: number;
  /** Mean excess overlap of confident pairs of one class, 0..1. */
  overlap: number;
  /** Confident predictions that match nothing, by T, 0..1. */
  extra: number;
  /** iou + alpha accuracy - gamma overlap - delta extra. */
  reward: number;
  /** [Q] each query's own credit. */
  query: Float32Array;
  /** [M] IoU of each matched pair. */
  pairs: Float32Array;
}

export interface Surest {
  /** [Q] 0..1 */
  score: Float64Array;
  /** [Q] class columns. */
  label: Int32Array;
}

/** The highest score of each query over the columns that name an object, the first of equals. */
export function surest(prediction: SetPrediction): Surest {
  const { queries, columns, scoring, logits } = prediction;
  // Sigmoids keep the order of the logits: only the highest one is computed.
  const values = scoring === 'sigmoid' ? logits : scoresOf(prediction);
  const objects = objectColumns(prediction);
  const best = { score: new Float64Array(queries).fill(-1), label: new Int32Array(queries) };
  for (let q = 0; q < queries; q++) {
    const start = q * columns;
    let [most, label] = [-Infinity, 0];
    for (let c = 0; c < objects; c++) {
      const value = values[start + c]!;
      if (value > most) [most, label] = [value, c];
    }
    best.label[q] = label;
    if (most > -Infinity) best.score[q] = scoring === 'sigmoid' ? 1 / (1 + Math.exp(-most)) : most;
  }
  return best;
}

interface Crowding {
  /** Mean excess over all pairs. */
  overlap: number;
  /** [Q] mean excess of each confident query with those of its class. */
  own: Float64Array;
}

function crowdingOf(boxes: Float32Array, label: Int32Array, confident: readonly number[], queries: number): Crowding {
  const own = new Float64Array(queries);
  const company = new Int32Array(queries);
  let [total, pairs] = [0, 0];
  confident.forEach((a, at) => {
    for (const b of confident.slice(at + 1)) {
      if (label[a] !== label[b]) continue;
      const excess = Math.max(0, overlapOf(boxes, a, boxes, b).iou - FREE_OVERLAP) / (1 - FREE_OVERLAP);
      total += excess;
      pairs++;
      for (const q of [a, b]) {
        own[q]! += excess;
        company[q]! += 1;
      }
    }
  });
  return { overlap: pairs > 0 ? total / pairs : 0, own: own.map((sum, q) => sum / Math.max(1, company[q]!)) };
}

/**
 * @param match which query stands for which label, of this same prediction
 * @throws DetectorError `internal` when an array has the wrong length or a label names no class
 */
export function layerReward(
  prediction: SetPrediction,
  labels: Labels,
  match: Match,
  { tau, alpha, gamma, delta }: RewardSettings,
): LayerReward {
  expectSet('reward', prediction, labels);
  const { queries, boxes } = prediction;
  const count = labels.classes.length;
  const { score, label } = surest(prediction);
  const confident = Array.from({ length: queries }, (_, q) => q).filter((q) => score[q]! > tau);
  const { overlap, own } = crowdingOf(boxes, label, confident, queries);

  const query = new Float32Array(queries);
  const matched = new Set(match.queries);
  const unmatched = confident.filter((q) => !matched.has(q));
  for (const q of unmatched) query[q] = -delta - gamma * own[q]!;

  const pairs = Float32Array.from(match.queries, (q, m) => overlapOf(boxes, q, labels.boxes, match.labels[m]!).iou);
  let right = 0;
  match.queries.forEach((q, m) => {
    const correct = label[q] === labels.classes[match.labels[m]!] && score[q]! > tau;
    if (correct) right++;
    query[q] = pairs[m]! + (correct ? alpha : 0);
  });

  const nothingSeen = confident.length === 0 ? 1 : 0;
  const iou = count > 0 ? pairs.reduce((sum, value) => sum + value, 0) / count : nothingSeen;
  const accuracy = count > 0 ? right / count : 0;
  const extra = Math.min(1, unmatched.length / Math.max(1, count));
  return {
    iou,
    accuracy,
    overlap,
    extra,
    reward: iou + alpha * accuracy - gamma * overlap - delta * extra,
    query,
    pairs,
  };
}
