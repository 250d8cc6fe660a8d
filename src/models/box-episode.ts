/**
 * The episode of a decoder whose layers see queries and boxes and nothing else: the encoder's memory and what the first layer makes
 * of its state are shared by all rollouts of an image, single queries can be asked for, and some may follow the path without noise.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries that are sampled, A of them, O others, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../kernels/shapes';
import { gatherTokens } from '../kernels/gather-tokens/op';
import type { Parameters } from '../nn/parameters';
import { stopGradient } from '../nn/tape';
import type { Company, Memo } from './company';
import type { First } from './detector';
import type { Episode, EpisodeOptions, EpisodeState, Explored } from './episode';
import { repeated, shared } from './rows';

/** What a family's decoder does with a state, over its memory. */
export interface BoxDecoder {
  p: Parameters;
  /** B */
  images: number;
  /** The parameter log_std [D] of each layer. */
  logStdNames: readonly string[];
  /** mu of a layer [R,Q,D], without noise; [R,A,D] where the company asks for some queries. */
  layerMean(step: number, state: EpisodeState, company?: Company): tf.Tensor3D;
  act: Episode['act'];
  /** Every layer tells queries apart by the selection's boxes, not by those that enter it; the others' boxes are then the selection's. */
  placedBySelection?: boolean;
}

/** The others [B,O,.] ride along in the state, so that it can be taken up again when the path without noise is another one. */
interface State extends EpisodeState {
  otherQueries: tf.Tensor3D;
  otherBoxes: tf.Tensor3D;
}

function companyIn(state: EpisodeState): Company {
  const { otherQueries, otherBoxes } = state as Partial<State>;
  return otherQueries && otherBoxes ? { others: { queries: otherQueries, boxes: otherBoxes } } : {};
}

/** What the state of a layer has beside the sampled queries. */
function othersIn(explored: Explored | undefined, step: number, placedBySelection: boolean): Partial<State> {
  const entering = explored?.path[step];
  if (!explored || !entering || explored.others.size === 0) return {};
  const { boxes } = placedBySelection ? explored.path[0]! : entering;
  return {
    otherQueries: stopGradient(gatherTokens(entering.queries, explored.others)),
    otherBoxes: stopGradient(gatherTokens(boxes, explored.others)),
  };
}

/** The memo of a step, where the episode keeps any. */
function memoOf(memos: Map<number, Memo> | undefined, step: number): Memo | undefined {
  if (memos && !memos.has(step)) memos.set(step, {});
  return memos?.get(step);
}

/**
 * @param first the query selection's answer for the decoder's memory
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function boxEpisode(
  { p, images, logStdNames, layerMean, act, placedBySelection = false }: BoxDecoder,
  first: First,
  { rollouts, logStd, firstMean, explored, memos }: EpisodeOptions,
): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const logStdOf = (step: number): tf.Tensor1D =>
    tf.clipByValue(p.get<tf.Rank.R1>(logStdNames[step]!), logStd.min, logStd.max);
  const sampled = (x: tf.Tensor3D): tf.Tensor3D => (explored ? gatherTokens(x, explored.queries) : x);
  const start: EpisodeState = { queries: stopGradient(first.hidden), boxes: stopGradient(first.boxes) };
  /** [B,Q,D]: all rollouts of an image start alike. */
  const firstMeanOf = (): tf.Tensor3D => sampled(firstMean ?? layerMean(0, start));
  /** [B,A,D] of some queries, with no more computed than is less work. @param at [B,A] */
  const firstMeanAt = (at: tf.Tensor2D): tf.Tensor3D => {
    if (firstMean || !explored) return gatherTokens(firstMeanOf(), at);
    const own = { queries: sampled(start.queries), boxes: sampled(start.boxes) };
    const among = companyIn({ ...own, ...othersIn(explored, 0, placedBySelection) });
    const fewer = at.shape[1] < explored.queries.shape[1];
    return fewer ? layerMean(0, own, { ...among, at }) : gatherTokens(layerMean(0, own, among), at);
  };
  const company = (step: number, state: EpisodeState): Company => ({ ...companyIn(state), memo: memoOf(memos, step) });
  return {
    steps: logStdNames.length,
    rows: images * rollouts,
    explored,
    // Nobody meets the others there: the first mean is computed of all queries together.
    start: () => ({
      queries: repeated(sampled(first.hidden), rollouts),
      boxes: repeated(sampled(first.boxes), rollouts),
    }),
    policy: (step, state) => ({
      mean: step === 0 ? shared(firstMeanOf(), rollouts) : layerMean(step, state, company(step, state)),
      logStd: logStdOf(step),
    }),
    policyAt: (step, state, queries) => {
      if (step > 0)
        return { mean: layerMean(step, state, { ...company(step, state), at: queries }), logStd: logStdOf(step) };
      const own = tf.reshape(queries, [images, queries.size / images]) as tf.Tensor2D; // R,A -> B,G A
      const chosen = firstMeanAt(own);
      return { mean: tf.reshape(chosen, [...queries.shape, chosen.shape[2]]), logStd: logStdOf(0) };
    },
    act: (step, state, action) => {
      const { next, ...outcome } = act(step, state, action);
      return { ...outcome, next: { ...next, ...othersIn(explored, step + 1, placedBySelection) } as EpisodeState };
    },
  };
}
