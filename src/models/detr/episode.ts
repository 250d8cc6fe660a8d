/**
 * DETR's decoder as an episode: the contents of the queries are the state, boxes are constants until the heads say them.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { stopGradient } from '../../nn/tape';
import type { First } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { logStdNames } from '../policy';
import { repeated, shared } from '../rows';
import { predict, runLayer, type DecoderRun } from './decoder';

/**
 * @param run with a memory [B,N,D] that is not repeated
 * @param first contents and boxes that enter the first layer
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function detrEpisode(run: DecoderRun, first: First, { rollouts, logStd, firstMean }: EpisodeOptions): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const { layers } = run.c.decoder;
  const names = logStdNames({ layers });
  /** All rollouts of an image start alike. */
  const meanOfFirst = (): tf.Tensor3D => firstMean ?? runLayer(run, 0, stopGradient(first.hidden)).hidden;
  return {
    steps: layers,
    rows: run.memory.tokens.shape[0] * rollouts,
    start: () => ({ queries: repeated(first.hidden, rollouts), boxes: repeated(first.boxes, rollouts) }),
    policy: (step, { queries }) => ({
      mean: step === 0 ? shared(meanOfFirst(), rollouts) : runLayer(run, step, queries).hidden,
      logStd: tf.clipByValue(run.p.get<tf.Rank.R1>(names[step]!), logStd.min, logStd.max),
    }),
    act: (step, state, action) => {
      const { logits, boxes, next } = predict(run, step, action);
      return { logits, boxes, next: { queries: stopGradient(next), boxes: state.boxes } };
    },
  };
}
