/**
 * Deformable DETR's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { stopGradient } from '../../nn/tape';
import type { First } from '../detector';
import type { Episode, EpisodeOptions, EpisodeState } from '../episode';
import { logStdNames } from '../policy';
import { repeated, shared } from '../rows';
import { layerMean, nextBoxes, predict } from './decoder';
import { positionOf, type DecoderRun } from './start';

interface State extends EpisodeState {
  /** [R,Q,4] the boxes that entered the first layer: in two stages the position that every layer adds follows from them. */
  selected: tf.Tensor3D;
}

/**
 * @param run with a memory [B,N,D] that is not repeated
 * @param first what enters the first layer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function deformableDetrEpisode(
  run: DecoderRun,
  first: First,
  { rollouts, logStd, firstMean }: EpisodeOptions,
): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const { layers } = run.c.decoder;
  const names = logStdNames({ layers });
  const meanOf = (step: number, queries: tf.Tensor3D, boxes: tf.Tensor3D, selected: tf.Tensor3D): tf.Tensor3D =>
    layerMean(run, step, { queries, boxes, position: positionOf(run, selected) }).mean;
  /** All rollouts of an image start alike. */
  const firstMeanOf = (): tf.Tensor3D => {
    if (firstMean) return firstMean;
    const boxes = stopGradient(first.boxes);
    return meanOf(0, stopGradient(first.hidden), boxes, boxes);
  };
  return {
    steps: layers,
    rows: run.memory.tokens.shape[0] * rollouts,
    start: (): State => {
      const boxes = repeated(first.boxes, rollouts);
      return { queries: repeated(first.hidden, rollouts), boxes, selected: boxes };
    },
    policy: (step, state) => ({
      mean:
        step === 0
          ? shared(firstMeanOf(), rollouts)
          : meanOf(step, state.queries, state.boxes, (state as State).selected),
      logStd: tf.clipByValue(run.p.get<tf.Rank.R1>(names[step]!), logStd.min, logStd.max),
    }),
    act: (step, state, action) => {
      const { logits, boxes } = predict(run, step, action, state.boxes);
      const next: State = {
        queries: stopGradient(action),
        boxes: nextBoxes(run, state.boxes, boxes),
        selected: (state as State).selected,
      };
      return { logits, boxes, next };
    },
  };
}
