/**
 * The policy's part of a step's loss: what the rollouts' advantages and the KL to the start say (../shared/design/rl.md).
 *
 * Most queries of a rollout earn nothing, and a query whose advantage is 0 adds nothing to the policy's loss: only the others
 * (the active ones) are computed with a gradient, and for the KL to the start a few that are drawn at random: their mean is an
 * unbiased estimate of that over all sampled queries, which the setting refQueries = 0 takes.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries, A active ones, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../kernels/untraced';
import type { Memo } from '../models/company';
import { decoderLayers } from '../models/detector';
import { reconsiderAt, type Episode, type Policy } from '../models/episode';
import { gaussianKl } from '../nn/gaussian';
import { gatherTokens } from '../kernels/gather-tokens/op';
import { stopGradient } from '../nn/tape';
import { clippedPolicyLoss, policyRatio, reinforceLoss } from '../rl/policy-losses';
import type { Columns } from './columns';
import { episodeOf, type Game, type Sampled, type SampledLayer } from './rollouts';

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
}

/** Mean over some columns of the KL of a layer's policy to the frozen one, at the same states. @param policy of all columns */
function klToStart(
  frozen: Episode,
  k: number,
  { step, queries }: SampledLayer,
  { mean, logStd }: Policy,
  { from, count }: Columns,
): tf.Scalar {
  const [rows, columns, width] = mean.shape;
  const whole = count === columns;
  const before = untraced(() => {
    const at = whole ? queries : tf.slice(queries, [0, from], [rows, count]);
    return frozen.policyAt ? frozen.policyAt(k, step.state, at) : gathered(frozen.policy(k, step.state), at);
  });
  const now = whole ? mean : tf.slice(mean, [0, from, 0], [rows, count, width]);
  return tf.mean(gaussianKl(now, logStd, stopGradient(before.mean), stopGradient(before.logStd))) as tf.Scalar;
}

const gathered = ({ mean, logStd }: Policy, at: tf.Tensor2D): Policy => ({ mean: gatherTokens(mean, at), logStd });

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
    kl: frozen && layer.kl && klToStart(frozen, k, layer, policy, layer.kl),
    logStd: tf.mean(policy.logStd) as tf.Scalar,
    ratio: overActive(ratio, advantage),
    clipShare: overActive(outside, advantage),
  };
}

/**
 * The losses of today's policy for rollouts. Run inside gradientsOf.
 * @param memos of rollouts that are of this pass's weights and trace; null for an earlier pass's
 */
export function policyObjective(game: Game, sampled: Sampled, memos: Map<number, Memo> | null): PolicyObjective {
  const { detector, trace, settings } = game;
  const { first, explored } = sampled;
  // The first layer's mean is there already; an earlier pass's rollouts may have started from other queries than today's trace.
  const fresh = memos ? { memos, firstMean: decoderLayers(trace)[0]!.hidden } : {};
  const episode = episodeOf(detector, trace.memory, { first, explored, ...fresh }, settings);
  // without the projections, which are of today's weights
  const encoded = { ...trace.memory };
  delete encoded.values;
  const frozen = game.frozen && episodeOf(game.frozen, encoded, { first, explored }, settings);
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
    ...{ policy, klRef, entropy },
    ratio: stacked((one) => one.ratio),
    clipShare: stacked((one) => one.clipShare),
  };
}
