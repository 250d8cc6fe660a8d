/**
 * RT-DETR's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, A of them, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { gatherTokens } from '../../nn/geometry';
import { stopGradient } from '../../nn/tape';
import type { First } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { logStdNames } from '../policy';
import { repeated, shared } from '../rows';
import { layerMean, predict, type DecoderRun } from './decoder';

/**
 * @param run with a memory [B,N,D] that is not repeated
 * @param first the query selection's answer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function rtDetrEpisode(run: DecoderRun, first: First, { rollouts, logStd, firstMean }: EpisodeOptions): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const { p, c, memory } = run;
  const images = memory.tokens.shape[0];
  const names = logStdNames(c);
  const logStdOf = (step: number): tf.Tensor1D =>
    tf.clipByValue(p.get<tf.Rank.R1>(names[step]!), logStd.min, logStd.max);
  /** All rollouts of an image start alike. */
  const firstMeanOf = (): tf.Tensor3D => {
    if (firstMean) return firstMean;
    return layerMean(run, 0, { queries: stopGradient(first.hidden), boxes: stopGradient(first.boxes) });
  };
  return {
    steps: c.layers,
    rows: images * rollouts,
    start: () => ({ queries: repeated(first.hidden, rollouts), boxes: repeated(first.boxes, rollouts) }),
    policy: (step, state) => ({
      mean: step === 0 ? shared(firstMeanOf(), rollouts) : layerMean(run, step, state),
      logStd: logStdOf(step),
    }),
    policyAt: (step, state, queries) => {
      if (step === 0) {
        const own = tf.reshape(queries, [images, queries.size / images]) as tf.Tensor2D; // R,A -> B,G A
        const mean = tf.reshape(gatherTokens(firstMeanOf(), own), [...queries.shape, c.width]) as tf.Tensor3D;
        return { mean, logStd: logStdOf(0) };
      }
      const some = { queries: gatherTokens(state.queries, queries), boxes: gatherTokens(state.boxes, queries) };
      return { mean: layerMean(run, step, some, state), logStd: logStdOf(step) };
    },
    act: (step, state, action) => {
      const { logits, boxes } = predict(run, step, action, state.boxes);
      return { logits, boxes, next: { queries: stopGradient(action), boxes: stopGradient(boxes) } };
    },
  };
}
