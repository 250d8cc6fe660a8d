/**
 * The figures of a step: packed on the GPU, read back once, unpacked into records.
 *
 * K decoder layers, R rollouts of all images, B images, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import type { LayerRecord, RewardParts, StepRecord } from '../lib/training';
import type { Detector } from '../models/detector';
import { returnsOf } from '../rl/returns';
import type { PolicyObjective } from './policy-objective';
import { earn, type Earned, type Rules } from './rewards';
import type { Outcome } from './rollouts';
import type { SetLosses } from './set-objective';

/** loss, policy, distil; then K of each: class losses, box losses, KLs to the start, entropies, ratios, clip shares. */
const HEAD = 3;

export function packFigures(
  loss: tf.Scalar,
  set: SetLosses,
  policy: PolicyObjective | null,
  distil: tf.Scalar | null,
  layers: number,
): tf.Tensor1D {
  const none = tf.zeros([layers]) as tf.Tensor1D;
  const head = tf.stack([loss, policy?.policy ?? tf.scalar(0), distil ?? tf.scalar(0)]) as tf.Tensor1D;
  const { klRef, entropy, ratio, clipShare } = policy ?? { klRef: none, entropy: none, ratio: none, clipShare: none };
  return tf.concat([head, set.classes, set.boxes, klRef ?? none, entropy, ratio, clipShare]);
}

export interface TotalFigures {
  loss: number;
  policyLoss: number | null;
  distilLoss: number | null;
}

export function totalFigures(numbers: Float32Array, settings: TrainSettings): TotalFigures {
  return {
    loss: numbers[0]!,
    policyLoss: settings.policy === 'none' ? null : numbers[1]!,
    distilLoss: settings.method === 'distil' ? numbers[2]! : null,
  };
}

type LossFigures = Pick<LayerRecord, 'classLoss' | 'boxLoss' | 'klGt'> &
  Record<'klRef' | 'entropy' | 'ratio' | 'clipShare', number>;

/** One of each decoder layer; the query selection's losses are in the total only. */
function lossFigures(numbers: Float32Array, layers: number): LossFigures[] {
  const at = (figure: number, k: number): number => numbers[HEAD + figure * layers + k]!;
  return Array.from({ length: layers }, (_, k) => {
    const [classLoss, boxLoss] = [at(0, k), at(1, k)];
    const policy = { klRef: at(2, k), entropy: at(3, k), ratio: at(4, k), clipShare: at(5, k) };
    return { classLoss, boxLoss, klGt: classLoss + boxLoss, ...policy };
  });
}

/** [K][B] what the path without noise earned; null for unlabelled images. @param predictions @param matches [K][B] */
export function meanEarned(
  predictions: readonly (readonly SetPrediction[])[],
  matches: readonly (readonly Match[])[],
  labels: readonly (Labels | null)[],
  rules: Rules,
): (Earned | null)[][] {
  return predictions.map((layer, k) =>
    layer.map((prediction, image) => {
      const known = labels[image];
      return known ? earn(prediction, known, rules, matches[k]![image]!) : null;
    }),
  );
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const PARTS = ['iou', 'accuracy', 'overlap', 'extra', 'reward'] as const;

/** Means of every layer: over the rollouts, or over the path without noise where there are none. */
function rewardFigures(
  path: readonly (readonly (Earned | null)[])[],
  sampled: Pick<Outcome, 'earned'> | null,
  { discount }: TrainSettings,
): (RewardParts & { return: number })[] {
  const shown = sampled?.earned ?? path.map((layer) => layer.filter((one) => one !== null));
  const parts = shown.map((layer): RewardParts => {
    const [iou, accuracy, overlap, extra, reward] = PARTS.map((part) => mean(layer.map((one) => one.reward[part])));
    return { iou: iou!, accuracy: accuracy!, overlap: overlap!, extra: extra!, reward: reward! };
  });
  const returns = returnsOf(
    parts.map(({ reward }) => reward),
    parts.length,
    discount,
  );
  return parts.map((part, k) => ({ ...part, return: returns[k]! }));
}

/** Mean and standard deviation of a layer's advantages. @param advantages [R,K,Q] packed */
function advantageFigures(
  advantages: Float32Array,
  layer: number,
  { layers, queries }: { layers: number; queries: number },
): { advantageMean: number; advantageStd: number } {
  const values: number[] = [];
  for (let at = layer * queries; at < advantages.length; at += layers * queries)
    for (let q = 0; q < queries; q++) values.push(advantages[at + q]!);
  const advantageMean = mean(values);
  return { advantageMean, advantageStd: Math.sqrt(mean(values.map((value) => (value - advantageMean) ** 2))) };
}

/** What a step's layers did. */
export interface LayersDone {
  /** [K][B] of the path without noise; null for unlabelled images. */
  mean: readonly (readonly (Earned | null)[])[];
  /** Of the rollouts; null without a policy. */
  outcome: Outcome | null;
}

/**
 * One record of each decoder layer.
 * @param numbers of the packed figures
 * @param toStart whether there is a KL to the start
 */
export function layerRecords(
  { mean: path, outcome }: LayersDone,
  numbers: Float32Array,
  { settings, detector, toStart }: { settings: TrainSettings; detector: Detector; toStart: boolean },
): LayerRecord[] {
  const { layers, queries } = detector;
  const rewards = rewardFigures(path, outcome, settings);
  return lossFigures(numbers, layers).map(({ klRef, entropy, ratio, clipShare, ...loss }, k) => ({
    layer: k + 1,
    ...rewards[k]!,
    ...loss,
    ...(outcome
      ? { ...advantageFigures(outcome.judged.advantages, k, { layers, queries }), entropy, ratio, clipShare }
      : { advantageMean: null, advantageStd: null, entropy: null, ratio: null, clipShare: null }),
    klRef: toStart ? klRef : null,
  }));
}

/** Of a step whose predictions were not finite: there is nothing to tell but that. */
export function brokenFigures(
  step: number,
  layers: number,
  learningRate: number,
): Omit<StepRecord, 'ms' | 'bytes' | 'tensors'> {
  const none = Number.NaN;
  const rewards = { iou: none, accuracy: none, overlap: none, extra: none, reward: none, return: none };
  const policy = { advantageMean: null, advantageStd: null, ratio: null, clipShare: null, klRef: null, entropy: null };
  const losses = { klGt: none, classLoss: none, boxLoss: none };
  const each = Array.from({ length: layers }, (_, k) => ({ layer: k + 1, ...rewards, ...policy, ...losses }));
  const totals = { loss: none, policyLoss: null, distilLoss: null, gradientNorm: none };
  return { step, ...totals, learningRate, applied: false, layers: each };
}
