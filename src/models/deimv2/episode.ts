/**
 * DEIMv2's decoder as an episode.
 *
 * R rows, Q queries, n logits of an edge.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/tape';
import { boxEpisode } from '../box-episode';
import type { First } from '../detector';
import type { Episode, EpisodeOptions, EpisodeState } from '../episode';
import { logStdNames } from '../policy';
import { cornersOf, initialBoxes, layerMean, predict, type DecoderRun } from './decoder';

/** Behind the first layer there is more. */
interface LaterState extends EpisodeState {
  /** [R,Q,4] the selection's boxes, whose position every layer adds: those that entered the first layer. */
  selected: tf.Tensor3D;
  /** [R,Q,4] the boxes that all layers move. */
  initial: tf.Tensor3D;
  /** [R,Q,4n] logits of the edges so far. */
  corners: tf.Tensor3D;
}

const selectedIn = (state: EpisodeState): tf.Tensor3D => (state as Partial<LaterState>).selected ?? state.boxes;

function actIn(run: DecoderRun, step: number, state: EpisodeState, action: tf.Tensor3D): ReturnType<Episode['act']> {
  const { initial, corners } = state as LaterState;
  const selected = selectedIn(state);
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
export function deimV2Episode(run: DecoderRun, first: First, options: EpisodeOptions): Episode {
  return boxEpisode(
    {
      p: run.p,
      images: run.memory.tokens.shape[0],
      logStdNames: logStdNames(run.c),
      placedBySelection: true,
      layerMean: (step, state, company) =>
        layerMean(run, step, { queries: state.queries, boxes: state.boxes, selected: selectedIn(state) }, company),
      act: (step, state, action) => actIn(run, step, state, action),
    },
    first,
    options,
  );
}
