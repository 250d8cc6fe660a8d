/**
 * D-FINE's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, A of them, D width, n + 1 bins of an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { gatherTokens } from '../../nn/geometry';
import { stopGradient } from '../../nn/tape';
import type { First } from '../detector';
import type { Episode, EpisodeOptions, EpisodeState } from '../episode';
import { logStdNames } from '../policy';
import { repeated, shared } from '../rows';
import { cornersOf, initialBoxes, layerMean, predict, type DecoderRun } from './decoder';

/** Behind the first layer there is more. */
interface LaterState extends EpisodeState {
  /** [R,Q,4] the boxes that all layers move. */
  initial: tf.Tensor3D;
  /** [R,Q,4(n+1)] logits of the edges so far. */
  corners: tf.Tensor3D;
}

function actIn(run: DecoderRun, step: number, state: EpisodeState, action: tf.Tensor3D): ReturnType<Episode['act']> {
  const { initial, corners } = state as LaterState;
  const moved = step === 0 ? stopGradient(initialBoxes(run, state.boxes, action)) : initial;
  // the queries that entered the layer are the action of the step before
  const edges = cornersOf(run, step, action, step === 0 ? undefined : { queries: state.queries, corners });
  const { logits, boxes } = predict(run, step, action, edges, moved);
  const next: LaterState = {
    queries: stopGradient(action),
    boxes: stopGradient(boxes),
    initial: moved,
    corners: stopGradient(edges),
  };
  return { logits, boxes, next };
}

/**
 * @param run with a memory [B,N,D] that is not repeated
 * @param first the query selection's answer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function dFineEpisode(run: DecoderRun, first: First, { rollouts, logStd, firstMean }: EpisodeOptions): Episode {
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
    act: (step, state, action) => actIn(run, step, state, action),
  };
}
