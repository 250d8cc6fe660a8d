/**
 * DEIMv2's decoder as an episode: the encoder's memory is shared by all rollouts of an image.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), Q queries, D width, n logits of an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { stopGradient } from '../../nn/tape';
import type { First } from '../detector';
import type { Episode, EpisodeOptions, EpisodeState } from '../episode';
import { repeated } from '../rows';
import { cornersOf, initialBoxes, layerMean, positionOf, predict, type DecoderRun } from './decoder';
import { logStdNames } from '../policy';

/** What the layers carry along beside queries and boxes. */
interface State extends EpisodeState {
  /** [R,Q,4] the selection's boxes, whose position every layer adds. */
  selected: tf.Tensor3D;
}

/** Behind the first layer there is more. */
interface LaterState extends State {
  /** [R,Q,4] the boxes that all layers move. */
  initial: tf.Tensor3D;
  /** [R,Q,4n] logits of the edges so far. */
  corners: tf.Tensor3D;
}

function actIn(run: DecoderRun, step: number, state: EpisodeState, action: tf.Tensor3D): ReturnType<Episode['act']> {
  const { selected, initial, corners } = state as LaterState;
  const moved = step === 0 ? stopGradient(initialBoxes(run, selected, action)) : initial;
  // the queries that entered the layer are the action of the step before
  const edges = cornersOf(run, step, action, step === 0 ? undefined : { queries: state.queries, corners });
  const { logits, boxes } = predict(run, step, action, edges, moved);
  const next: LaterState = {
    queries: stopGradient(action),
    boxes: stopGradient(boxes),
    selected,
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
export function deimV2Episode(run: DecoderRun, first: First, { rollouts, logStd }: EpisodeOptions): Episode {
  expectThat('episode', Number.isInteger(rollouts) && rollouts >= 1, `expected at least 1 rollout, got ${rollouts}`);
  const names = logStdNames(run.c);
  return {
    steps: run.c.layers,
    rows: run.memory.tokens.shape[0] * rollouts,
    start: (): State => {
      const boxes = repeated(first.boxes, rollouts);
      return { queries: repeated(first.hidden, rollouts), boxes, selected: boxes };
    },
    policy: (step, state) => ({
      mean: layerMean(run, step, state.queries, state.boxes, positionOf(run, (state as State).selected)),
      logStd: tf.clipByValue(run.p.get<tf.Rank.R1>(names[step]!), logStd.min, logStd.max),
    }),
    act: (step, state, action) => actIn(run, step, state, action),
  };
}
