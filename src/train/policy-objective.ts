/**
 * The policy's part of a step: rollouts, what they earn, and the losses that come of it (../shared/design/rl.md).
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../kernels/random-normal/op';
import { untraced } from '../kernels/untraced';
import type { Labels, Scoring } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import type { Detector, LayerTrace, Memory } from '../models/detector';
import { reconsider, rollOut, type Episode, type Policy, type RolloutStep } from '../models/episode';
import { gaussianKl } from '../nn/gaussian';
import { stopGradient } from '../nn/tape';
import { clippedPolicyLoss, clipShare, reinforceLoss } from '../rl/policy-losses';
import { readPredictions } from './predictions';
import { earn, judge, type Earned, type Judged } from './rewards';

export type First = Pick<LayerTrace, 'hidden' | 'boxes'>;

/** The episode of a step with the settings' rollouts and limits of log_std. */
export function episodeOf(detector: Detector, memory: Memory, first: First, settings: TrainSettings): Episode {
  const { rollouts, logStdMin, logStdMax } = settings;
  return detector.episode(memory, first, { rollouts, logStd: { min: logStdMin, max: logStdMax } });
}

/** What further passes over the same rollouts need; its tensors are constants. */
export interface Sampled {
  steps: Pick<RolloutStep, 'state' | 'action'>[];
  /** [R,K,Q] of the policy that acted. */
  oldLogProb: tf.Tensor3D;
  /** [K][R] */
  earned: Earned[][];
  judged: Judged;
}

export interface PolicyObjective {
  /** The policy's loss, the KL to the start and the bonus for a wide policy, with their weights. */
  loss: tf.Scalar;
  policy: tf.Scalar;
  /** [K] mean KL to the start; null where it has no weight. */
  klRef: tf.Tensor1D | null;
  /** [K] mean log_std. */
  entropy: tf.Tensor1D;
  /** [R,K,Q] */
  logProb: tf.Tensor3D;
  sampled: Sampled;
}

const stackSteps = (each: tf.Tensor2D[]): tf.Tensor3D => tf.stack(each, 1) as tf.Tensor3D; // K x [R,Q] -> R,K,Q

/** Standard normal numbers [R,Q,D] of every layer; the same for the same seed and step. */
function noiseOf(episode: Episode, shape: readonly [number, number], seed: number, step: number): tf.Tensor3D[] {
  return Array.from({ length: episode.steps }, (_, k) =>
    randomNormal<tf.Rank.R3>([episode.rows, ...shape], { seed, stream: step * episode.steps + k }),
  );
}

/** Mean over everything of the KL to the frozen policy, layer by layer, at the states of the rollouts. */
function klToStart(frozen: Episode, steps: readonly { state: RolloutStep['state']; policy: Policy }[]): tf.Scalar[] {
  return steps.map(({ state, policy }, k) => {
    const before = untraced(() => frozen.policy(k, state));
    return tf.mean(
      gaussianKl(policy.mean, policy.logStd, stopGradient(before.mean), stopGradient(before.logStd)),
    ) as tf.Scalar;
  });
}

function lossesOf(
  all: readonly { state: RolloutStep['state']; policy: Policy; logProb: tf.Tensor2D }[],
  sampled: Sampled,
  frozen: Episode | null,
  settings: TrainSettings,
): PolicyObjective {
  const logProb = stackSteps(all.map((step) => step.logProb));
  const advantage = tf.tensor3d(sampled.judged.advantages, logProb.shape);
  const policy =
    settings.policy === 'reinforce'
      ? reinforceLoss(logProb, advantage)
      : clippedPolicyLoss(logProb, sampled.oldLogProb, advantage, settings.clip);
  const klRef = frozen ? (tf.stack(klToStart(frozen, all)) as tf.Tensor1D) : null;
  const entropy = tf.stack(all.map((step) => tf.mean(step.policy.logStd))) as tf.Tensor1D;
  const terms = [
    tf.mul(policy, settings.policyWeight),
    ...(klRef ? [tf.mul(tf.sum(klRef), settings.betaRef)] : []),
    ...(settings.eta > 0 ? [tf.mul(tf.mean(entropy), -settings.eta)] : []),
  ];
  const loss = terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
  return { loss, policy, klRef, entropy, logProb, sampled };
}

/**
 * Samples the step's rollouts, waits for what they earn, and gives the losses. Run inside gradientsOf.
 * @param frozen the policy before the run over the same memory; null without a KL to it
 * @param labels of each image; rollouts of unlabelled ones are not made, so there must be none here
 */
export async function samplePolicy(
  episode: Episode,
  frozen: Episode | null,
  labels: readonly Labels[],
  shape: readonly [number, number],
  scoring: Scoring,
  step: number,
  settings: TrainSettings,
): Promise<PolicyObjective> {
  const all = rollOut(episode, noiseOf(episode, shape, settings.seed, step));
  const predictions = await readPredictions(all, scoring);
  const earned = predictions.map((layer) =>
    layer.map((prediction, row) => earn(prediction, labels[Math.floor(row / settings.rollouts)]!, settings)),
  );
  const oldLogProb = stopGradient(stackSteps(all.map(({ logProb }) => logProb)));
  const judged = judge(earned, labels.length, settings);
  const steps = all.map(({ state, action }) => ({ state, action }));
  return lossesOf(all, { steps, oldLogProb, earned, judged }, frozen, settings);
}

/** The losses of today's policy for rollouts that an earlier pass made. Run inside gradientsOf. */
export function reconsiderPolicy(
  episode: Episode,
  frozen: Episode | null,
  sampled: Sampled,
  settings: TrainSettings,
): PolicyObjective {
  const all = sampled.steps.map((step, k) => ({ state: step.state, ...reconsider(episode, k, step) }));
  return lossesOf(all, sampled, frozen, settings);
}

/** Mean ratio and share of clipped ratios of each layer. @param logProb @param old [R,K,Q] packed */
export function ratiosOf(
  logProb: Float32Array,
  old: Float32Array,
  { layers, queries }: { layers: number; queries: number },
  clip: number,
): { ratio: number; clipShare: number }[] {
  return Array.from({ length: layers }, (_, k) => {
    const ratios: number[] = [];
    for (let at = k * queries; at < logProb.length; at += layers * queries)
      for (let q = 0; q < queries; q++) ratios.push(Math.exp(logProb[at + q]! - old[at + q]!));
    return { ratio: ratios.reduce((sum, value) => sum + value, 0) / ratios.length, clipShare: clipShare(ratios, clip) };
  });
}
