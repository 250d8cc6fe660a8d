/**
 * The episode of a decoder whose layers see queries and boxes and nothing else: the encoder's memory and what the first layer makes
 * of its state are shared by all rollouts of an image, and single queries can be asked for.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, A of them, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../kernels/shapes';
import { gatherTokens } from '../nn/geometry';
import type { Parameters } from '../nn/parameters';
import { stopGradient } from '../nn/tape';
import type { First } from './detector';
import type { Episode, EpisodeOptions, EpisodeState } from './episode';
import { repeated, shared } from './rows';

type BoxState = Pick<EpisodeState, 'queries' | 'boxes'>;

/** What a family's decoder does with a state, over its memory. */
export interface BoxDecoder {
  p: Parameters;
  /** B */
  images: number;
  /** The parameter log_std [D] of each layer. */
  logStdNames: readonly string[];
  /**
   * mu of a layer [R,Q,D], without noise.
   * @param all where `state` has only some queries of every row: the row's whole state, which they attend to
   */
  layerMean(step: number, state: BoxState, all?: BoxState): tf.Tensor3D;
  act: Episode['act'];
}

/**
 * @param first the query selection's answer for the decoder's memory
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function boxEpisode(
  { p, images, logStdNames, layerMean, act }: BoxDecoder,
  first: First,
  { rollouts, logStd, firstMean }: EpisodeOptions,
): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const logStdOf = (step: number): tf.Tensor1D =>
    tf.clipByValue(p.get<tf.Rank.R1>(logStdNames[step]!), logStd.min, logStd.max);
  /** All rollouts of an image start alike. */
  const firstMeanOf = (): tf.Tensor3D =>
    firstMean ?? layerMean(0, { queries: stopGradient(first.hidden), boxes: stopGradient(first.boxes) });
  return {
    steps: logStdNames.length,
    rows: images * rollouts,
    start: () => ({ queries: repeated(first.hidden, rollouts), boxes: repeated(first.boxes, rollouts) }),
    policy: (step, state) => ({
      mean: step === 0 ? shared(firstMeanOf(), rollouts) : layerMean(step, state),
      logStd: logStdOf(step),
    }),
    policyAt: (step, state, queries) => {
      if (step === 0) {
        const own = tf.reshape(queries, [images, queries.size / images]) as tf.Tensor2D; // R,A -> B,G A
        const chosen = gatherTokens(firstMeanOf(), own);
        return { mean: tf.reshape(chosen, [...queries.shape, chosen.shape[2]]), logStd: logStdOf(0) };
      }
      const some = { queries: gatherTokens(state.queries, queries), boxes: gatherTokens(state.boxes, queries) };
      return { mean: layerMean(step, some, state), logStd: logStdOf(step) };
    },
    act,
  };
}
