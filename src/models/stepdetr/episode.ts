/**
 * StepDETR's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, A of them, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { gatherTokens } from '../../nn/geometry';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type { First, Memory } from '../detector';
import type { Episode, EpisodeOptions, EpisodeState, Policy } from '../episode';
import { repeated, shared } from '../rows';
import type { StepDetrConfig } from './config';
import { layerMean, predict } from './decoder';

/**
 * @param memory [B,N,D], not repeated
 * @param first the query selection's answer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function stepDetrEpisode(
  p: Parameters,
  c: StepDetrConfig,
  memory: Memory,
  first: First,
  { rollouts, logStd, firstMean }: EpisodeOptions,
): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const images = memory.tokens.shape[0];
  const logStdOf = (step: number): tf.Tensor1D =>
    tf.clipByValue(p.get<tf.Rank.R1>(`layers.${step}.log_std`), logStd.min, logStd.max);
  /** All rollouts of an image start alike. */
  const firstMeanOf = (): tf.Tensor3D => {
    if (firstMean) return firstMean;
    const state = { queries: stopGradient(first.hidden), boxes: stopGradient(first.boxes) };
    return layerMean(p, c, 0, state, memory);
  };
  return {
    steps: c.decoderLayers,
    rows: images * rollouts,
    start: () => ({ queries: repeated(first.hidden, rollouts), boxes: repeated(first.boxes, rollouts) }),
    policy: (step: number, state: EpisodeState): Policy => ({
      mean: step === 0 ? shared(firstMeanOf(), rollouts) : layerMean(p, c, step, state, memory),
      logStd: logStdOf(step),
    }),
    policyAt: (step, state, queries) => {
      if (step === 0) {
        const own = tf.reshape(queries, [images, queries.size / images]) as tf.Tensor2D; // R,A -> B,G A
        const mean = tf.reshape(gatherTokens(firstMeanOf(), own), [...queries.shape, c.width]) as tf.Tensor3D;
        return { mean, logStd: logStdOf(0) };
      }
      const some = { queries: gatherTokens(state.queries, queries), boxes: gatherTokens(state.boxes, queries) };
      return { mean: layerMean(p, c, step, some, memory, state), logStd: logStdOf(step) };
    },
    act: (_step, state, action) => {
      const { logits, boxes } = predict(p, action, state.boxes);
      return { logits, boxes, next: { queries: stopGradient(action), boxes: stopGradient(boxes) } };
    },
  };
}
