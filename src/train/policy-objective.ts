/**
 * The policy's part of a step: rollouts, what they earn, and the losses that come of it (../shared/design/rl.md).
 *
 * Most queries of a rollout earn nothing, and a query whose advantage is 0 adds nothing to the policy's loss: only the others
 * (the active ones) are computed with a gradient. The KL to the start is over all queries, so with it all of them are.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries, A active ones, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../kernels/random-normal/op';
import { untraced } from '../kernels/untraced';
import type { Labels } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import { decoderLayers, type Detector, type First, type Memory, type Trace } from '../models/detector';
import { activeQueries, reconsiderAt, rollOut, type Episode, type Policy, type RolloutStep } from '../models/episode';
import { gaussianKl } from '../nn/gaussian';
import { gatherTokens } from '../nn/geometry';
import { stopGradient } from '../nn/tape';
import { clippedPolicyLoss, policyRatio, reinforceLoss } from '../rl/policy-losses';
import { readPredictions } from './predictions';
import { earn, judge, type Earned, type Judged } from './rewards';

/**
 * The episode of a step with the settings' rollouts and limits of log_std.
 * @param firstMean what the first layer makes of `first`, where it has been computed already
 */
export function episodeOf(
  detector: Detector,
  memory: Memory,
  first: First,
  { rollouts, logStdMin, logStdMax }: TrainSettings,
  firstMean?: tf.Tensor3D,
): Episode {
  return detector.episode(memory, first, { rollouts, logStd: { min: logStdMin, max: logStdMax }, firstMean });
}

/** One layer of the rollouts as further passes need it; its tensors are constants. */
interface SampledLayer {
  step: Pick<RolloutStep, 'state' | 'action'>;
  /** [R,A] int32, the queries that count. */
  queries: tf.Tensor2D;
  /** [R,A] 0 where a query stands in for one that is missing. */
  advantage: tf.Tensor2D;
  /** [R,A] of the policy that acted. */
  oldLogProb: tf.Tensor2D;
}

export interface Sampled {
  layers: SampledLayer[];
  /** [K][R] */
  earned: Earned[][];
  judged: Judged;
}

export function sampledTensors({ layers }: Sampled): tf.Tensor[] {
  return layers.flatMap(({ step, queries, advantage, oldLogProb }) => [
    ...Object.values(step.state),
    ...[step.action, queries, advantage, oldLogProb],
  ]);
}

export interface PolicyObjective {
  /** The policy's loss, the KL to the start and the bonus for a wide policy, with their weights. */
  loss: tf.Scalar;
  policy: tf.Scalar;
  /** [K] mean KL to the start; null where it has no weight. */
  klRef: tf.Tensor1D | null;
  /** [K] mean log_std. */
  entropy: tf.Tensor1D;
  /** [K] mean of pi / pi_old, and share of it outside 1 - clip .. 1 + clip, over the queries that earn something. */
  ratio: tf.Tensor1D;
  clipShare: tf.Tensor1D;
  sampled: Sampled;
}

/** What a step plays on. */
export interface Game {
  detector: Detector;
  /** The policy before the run; null without a KL to it. */
  frozen: Detector | null;
  trace: Trace;
  settings: TrainSettings;
}

/** Standard normal numbers [R,Q,D] of every layer; the same for the same seed and step. */
function noiseOf(episode: Episode, shape: readonly [number, number], seed: number, step: number): tf.Tensor3D[] {
  return Array.from({ length: episode.steps }, (_, k) =>
    randomNormal<tf.Rank.R3>([episode.rows, ...shape], { seed, stream: step * episode.steps + k }),
  );
}

/** Mean over all queries of the KL of a layer's policy to the frozen one, at the same states. */
function klToStart(frozen: Episode, k: number, state: RolloutStep['state'], { mean, logStd }: Policy): tf.Scalar {
  const before = untraced(() => frozen.policy(k, state));
  return tf.mean(gaussianKl(mean, logStd, stopGradient(before.mean), stopGradient(before.logStd))) as tf.Scalar;
}

interface LayerLoss {
  policy: tf.Scalar;
  kl: tf.Scalar | null;
  logStd: tf.Scalar;
  ratio: tf.Scalar;
  clipShare: tf.Scalar;
}

/** 1 where it holds, else 0. (TF.js's cast of a bool only says that it is float32: our kernels would read the integer's bits.) */
const indicator = (holds: tf.Tensor): tf.Tensor => tf.where(holds, tf.ones(holds.shape), tf.zeros(holds.shape));

/** Mean over the queries that earn something. */
function overActive(values: tf.Tensor, advantage: tf.Tensor2D): tf.Scalar {
  return untraced(() => {
    const counts = indicator(tf.notEqual(advantage, 0));
    return tf.div(tf.sum(tf.mul(values, counts)), tf.maximum(tf.sum(counts), 1)) as tf.Scalar;
  });
}

function layerLoss(episode: Episode, frozen: Episode | null, k: number, layer: SampledLayer, game: Game): LayerLoss {
  const { settings, detector } = game;
  const { step, queries, advantage, oldLogProb } = layer;
  const { policy, logProb } = reconsiderAt(episode, k, step, queries);
  const mean =
    settings.policy === 'reinforce'
      ? reinforceLoss(logProb, advantage)
      : clippedPolicyLoss(logProb, oldLogProb, advantage, settings.clip);
  const ratio = untraced(() => policyRatio(logProb, oldLogProb));
  const outside = untraced(() => indicator(tf.greater(tf.abs(tf.sub(ratio, 1)), settings.clip)));
  return {
    // The mean over all Q queries: those that are left out add nothing.
    policy: tf.mul(mean, queries.shape[1] / detector.queries) as tf.Scalar,
    kl: frozen && klToStart(frozen, k, step.state, policy),
    logStd: tf.mean(policy.logStd) as tf.Scalar,
    ratio: overActive(ratio, advantage),
    clipShare: overActive(outside, advantage),
  };
}

/**
 * The losses of today's policy for rollouts: those just made, or an earlier pass's. Run inside gradientsOf.
 */
export function policyObjective(game: Game, sampled: Sampled): PolicyObjective {
  const { detector, trace, settings } = game;
  const { first } = trace;
  const episode = episodeOf(detector, trace.memory, first, settings, decoderLayers(trace)[0]!.hidden);
  // without the projections, which are of today's weights
  const encoded = { ...trace.memory };
  delete encoded.values;
  const frozen = game.frozen && episodeOf(game.frozen, encoded, first, settings);
  const each = sampled.layers.map((layer, k) => layerLoss(episode, frozen, k, layer, game));
  const stacked = (pick: (one: LayerLoss) => tf.Scalar): tf.Tensor1D => tf.stack(each.map(pick)) as tf.Tensor1D;
  const policy = tf.mean(stacked((one) => one.policy)) as tf.Scalar;
  const klRef = frozen ? stacked((one) => one.kl!) : null;
  const entropy = stacked((one) => one.logStd);
  const terms = [
    tf.mul(policy, settings.policyWeight),
    ...(klRef ? [tf.mul(tf.sum(klRef), settings.betaRef)] : []),
    ...(settings.eta > 0 ? [tf.mul(tf.mean(entropy), -settings.eta)] : []),
  ];
  return {
    loss: terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar,
    ...{ policy, klRef, entropy, sampled },
    ratio: stacked((one) => one.ratio),
    clipShare: stacked((one) => one.clipShare),
  };
}

/** All queries of every row, with their advantages. @param advantages [R,K,Q] packed */
function allQueries(advantages: Float32Array, rows: number, layers: number, queries: number, layer: number) {
  const values = new Float32Array(rows * queries);
  for (let row = 0; row < rows; row++) {
    const start = (row * layers + layer) * queries;
    values.set(advantages.subarray(start, start + queries), row * queries);
  }
  return { count: queries, queries: Int32Array.from(values, (_, at) => at % queries), values };
}

/**
 * Samples the step's rollouts and waits for what they earn. Run inside gradientsOf; nothing of it is traced.
 * @param labels of each image
 * @param step 1, 2, …; with the settings' seed it decides the noise
 */
export async function sample(game: Game, labels: readonly Labels[], step: number): Promise<Sampled> {
  const { detector, trace, settings } = game;
  const { first } = trace;
  const [, queries, width] = first.hidden.shape;
  const firstMean = stopGradient(decoderLayers(trace)[0]!.hidden);
  const episode = episodeOf(detector, trace.memory, first, settings, firstMean);
  const steps = untraced(() => rollOut(episode, noiseOf(episode, [queries, width], settings.seed, step)));
  const earned = await earnedBy(steps, labels, detector, settings);
  const judged = judge(earned, labels.length, settings);
  const [rows, layers] = [episode.rows, episode.steps];
  const sparse = settings.credit === 'query' && game.frozen === null;
  return {
    earned,
    judged,
    layers: steps.map(({ state, action, logProb }, k): SampledLayer => {
      const chosen = sparse
        ? activeQueries(judged.advantages, { rows, layers, queries }, k)
        : allQueries(judged.advantages, rows, layers, queries, k);
      const indices = tf.tensor2d(chosen.queries, [rows, chosen.count], 'int32');
      const old = gatherTokens(tf.reshape(logProb, [rows, queries, 1]) as tf.Tensor3D, indices);
      return {
        step: { state, action },
        queries: indices,
        advantage: tf.tensor2d(chosen.values, [rows, chosen.count]),
        oldLogProb: tf.reshape(old, [rows, chosen.count]) as tf.Tensor2D,
      };
    }),
  };
}

/** [K][R] */
async function earnedBy(
  steps: readonly RolloutStep[],
  labels: readonly Labels[],
  { scoring, setLoss }: Detector,
  settings: TrainSettings,
): Promise<Earned[][]> {
  const predictions = await readPredictions(steps, scoring);
  const rules = { settings, recipe: setLoss };
  return predictions.map((layer) =>
    layer.map((prediction, row) => earn(prediction, labels[Math.floor(row / settings.rollouts)]!, rules)),
  );
}
