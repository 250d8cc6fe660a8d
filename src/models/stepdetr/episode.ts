/**
 * StepDETR's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type { LayerTrace, Memory } from '../detector';
import type { Episode, EpisodeState, Policy } from '../episode';
import type { StepDetrConfig } from './config';
import { layerMean, predict } from './decoder';

export interface EpisodeOptions {
  /** G */
  rollouts: number;
  /** Least and greatest log_std; outside, log_std gets no gradient. */
  logStd: { min: number; max: number };
}

/** [B,...] -> [B*G,...], each image's rows one after another, without gradient. */
function repeated(x: tf.Tensor3D, rollouts: number): tf.Tensor3D {
  const [batch, rows, columns] = x.shape;
  const wide = tf.tile(tf.reshape(stopGradient(x), [batch, 1, rows * columns]), [1, rollouts, 1]);
  return tf.reshape(wide, [batch * rollouts, rows, columns]);
}

/**
 * @param memory [B,N,D], not repeated
 * @param first the query selection's answer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function stepDetrEpisode(
  p: Parameters,
  c: StepDetrConfig,
  memory: Memory,
  first: Pick<LayerTrace, 'hidden' | 'boxes'>,
  { rollouts, logStd }: EpisodeOptions,
): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  return {
    steps: c.decoderLayers,
    rows: memory.tokens.shape[0] * rollouts,
    start: () => ({ queries: repeated(first.hidden, rollouts), boxes: repeated(first.boxes, rollouts) }),
    policy: (step: number, state: EpisodeState): Policy => ({
      mean: layerMean(p, c, step, state, memory),
      logStd: tf.clipByValue(p.get<tf.Rank.R1>(`layers.${step}.log_std`), logStd.min, logStd.max),
    }),
    act: (_step, state, action) => {
      const { logits, boxes } = predict(p, action, state.boxes);
      return { logits, boxes, next: { queries: stopGradient(action), boxes: stopGradient(boxes) } };
    },
  };
}
