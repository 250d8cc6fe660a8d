/**
 * A decoder as an episode of reinforcement learning (../shared/design/rl.md): layer k is a step, its output the mean of the
 * policy, the sampled queries the action. Every family offers its own Episode; sampling is the same for all.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K layers, Q queries that are sampled, A of them, C class
 * columns, D width; where only some queries are sampled (`Explored`), O others of each image.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { expectShape, expectThat } from '../kernels/shapes';
import { gaussianLogProb, gaussianSample } from '../nn/gaussian';
import { gatherTokens } from '../kernels/gather-tokens/op';
import { stopGradient } from '../nn/tape';
import type { Memo } from './company';

/** What enters a layer, all without gradient; queries [R,Q,D] and boxes [R,Q,4], and what else a family carries along. */
export interface EpisodeState {
  queries: tf.Tensor3D;
  boxes: tf.Tensor3D;
  [extra: string]: tf.Tensor;
}

/**
 * Some queries of each image: they alone are sampled, and are the Q queries of the episode. The others follow the path without noise
 * and are company for those; they belong to the image, so nothing is computed of them once for each rollout.
 */
export interface Explored {
  /** [B,Q] int32 indices into all queries of the image. */
  queries: tf.Tensor2D;
  /** [B,O] int32, all that are left. */
  others: tf.Tensor2D;
  /** [K] what enters each layer on the path without noise, of all queries [B,Q+O,.]. */
  path: readonly Pick<EpisodeState, 'queries' | 'boxes'>[];
}

export interface EpisodeOptions {
  /** G */
  rollouts: number;
  /** Least and greatest log_std; outside, log_std gets no gradient. */
  logStd: { min: number; max: number };
  /**
   * [B,Q,D] what the first layer makes of its state without noise, traced as the caller has it (`decode(memory).layers[1].hidden`):
   * it is the mean of step 0 for all rollouts, and need not be computed again. Not every family makes use of it.
   */
  firstMean?: tf.Tensor3D | undefined;
  /**
   * What layers' queries are to each other, kept by step by whoever computes it first, traced: for episodes over the same states with
   * the same weights. Not every family makes use of it.
   */
  memos?: Map<number, Memo> | undefined;
  /** All queries are sampled where this is absent, and in a family that cannot do otherwise (see `Episode.explored`). */
  explored?: Explored | undefined;
}

export interface Policy {
  /** mu_k [R,Q,D] */
  mean: tf.Tensor3D;
  /** [D], inside its limits. */
  logStd: tf.Tensor1D;
}

export interface Outcome {
  /** [R,Q,C] before the sigmoid or softmax. */
  logits: tf.Tensor3D;
  /** [R,Q,4] cxcywh as fractions. */
  boxes: tf.Tensor3D;
}

/** The decoder's steps over one memory. Run inside tf.tidy; the functions are traced where a gradient is asked for. */
export interface Episode {
  /** K */
  readonly steps: number;
  /** R */
  readonly rows: number;
  /** Those of its options, where it keeps to them. */
  readonly explored?: Explored | undefined;
  /** The state before layer 0, each image's G times. */
  start(): EpisodeState;
  /** What layer `step` would do. */
  policy(step: number, state: EpisodeState): Policy;
  /**
   * As `policy`, for some queries of every row, computing little more than those. Step 0's state is that of `start`.
   * @param queries [R,A] int32 indices into Q
   * @returns mean [R,A,D]
   */
  policyAt?(step: number, state: EpisodeState, queries: tf.Tensor2D): Policy;
  /** What the action [R,Q,D] at `step` leads to, and the state that enters the next layer. */
  act(step: number, state: EpisodeState, action: tf.Tensor3D): Outcome & { next: EpisodeState };
}

export interface RolloutStep extends Outcome {
  /** What entered the layer. */
  state: EpisodeState;
  policy: Policy;
  /** [R,Q,D] without gradient. */
  action: tf.Tensor3D;
  /** [R,Q] mean over D; gradient to mean and log_std. */
  logProb: tf.Tensor2D;
}

/**
 * All rollouts in one batch: samples an action from every layer's policy and goes on from it.
 * @param noise standard normal numbers [R,Q,D] of each step: an argument, so that a rollout can be made again
 * @throws DetectorError `internal` when there is not one noise tensor for each step, or one does not fit
 */
export function rollOut(episode: Episode, noise: readonly tf.Tensor3D[]): RolloutStep[] {
  expectThat('rollOut', noise.length === episode.steps, `expected ${episode.steps} noise tensors, got ${noise.length}`);
  const steps: RolloutStep[] = [];
  let state = episode.start();
  noise.forEach((numbers, step) => {
    expectShape('rollOut', `noise of step ${step}`, numbers.shape, state.queries.shape);
    const policy = episode.policy(step, state);
    const action = stopGradient(gaussianSample(policy.mean, policy.logStd, numbers));
    const logProb = gaussianLogProb(action, policy.mean, policy.logStd) as tf.Tensor2D;
    const { next, logits, boxes } = episode.act(step, state, action);
    steps.push({ state, policy, action, logProb, logits, boxes });
    state = next;
  });
  return steps;
}

/** The policy of today for an action of an earlier rollout, from the state that it was taken in (PPO's further epochs). */
export function reconsider(
  episode: Episode,
  step: number,
  { state, action }: Pick<RolloutStep, 'state' | 'action'>,
): { policy: Policy; logProb: tf.Tensor2D } {
  const policy = episode.policy(step, state);
  return { policy, logProb: gaussianLogProb(action, policy.mean, policy.logStd) as tf.Tensor2D };
}

/** Some queries of every row, the same number A in each: a row with fewer is filled up with query 0. */
export interface ActiveQueries {
  /** A */
  count: number;
  /** [R,A] indices into Q. */
  queries: Int32Array<ArrayBuffer>;
  /** [R,A] their numbers, 0 where a query stands in. */
  values: Float32Array<ArrayBuffer>;
}

/**
 * The queries of one layer whose number is not 0: the only ones that a policy loss with these advantages depends on.
 * @param values [R,K,Q] packed
 * @param least queries a row, at least one
 */
export function activeQueries(
  values: Float32Array,
  { rows, layers, queries }: { rows: number; layers: number; queries: number },
  layer: number,
  least = 1,
): ActiveQueries {
  const own = Array.from({ length: rows }, (_, row) => {
    const start = (row * layers + layer) * queries;
    return Array.from({ length: queries }, (_q, query) => query).filter((query) => values[start + query] !== 0);
  });
  const count = Math.max(least, ...own.map(({ length }) => length));
  const picked = { count, queries: new Int32Array(rows * count), values: new Float32Array(rows * count) };
  own.forEach((active, row) =>
    active.forEach((query, at) => {
      picked.queries[row * count + at] = query;
      picked.values[row * count + at] = values[(row * layers + layer) * queries + query]!;
    }),
  );
  return picked;
}

/**
 * As `reconsider`, for some queries of every row. With rollouts that were made untraced this is all that a policy loss needs.
 * @param queries [R,A] int32 indices into Q
 * @returns mean [R,A,D] and log probability [R,A]
 */
export function reconsiderAt(
  episode: Episode,
  step: number,
  { state, action }: Pick<RolloutStep, 'state' | 'action'>,
  queries: tf.Tensor2D,
): { policy: Policy; logProb: tf.Tensor2D } {
  const policy = episode.policyAt
    ? episode.policyAt(step, state, queries)
    : gathered(episode.policy(step, state), queries);
  const taken = gatherTokens(action, queries);
  return { policy, logProb: gaussianLogProb(taken, policy.mean, policy.logStd) as tf.Tensor2D };
}

const gathered = ({ mean, logStd }: Policy, queries: tf.Tensor2D): Policy => ({
  mean: gatherTokens(mean, queries),
  logStd,
});
