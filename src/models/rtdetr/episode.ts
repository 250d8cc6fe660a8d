/** RT-DETR's decoder as an episode. */
import { stopGradient } from '../../nn/tape';
import { boxEpisode } from '../box-episode';
import type { First } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { logStdNames } from '../policy';
import { layerMean, predict, type DecoderRun } from './decoder';

/**
 * @param run with a memory [B,N,D] that is not repeated
 * @param first the query selection's answer for it
 * @throws DetectorError `internal` for fewer than one rollout
 */
export function rtDetrEpisode(run: DecoderRun, first: First, options: EpisodeOptions): Episode {
  return boxEpisode(
    {
      p: run.p,
      images: run.memory.tokens.shape[0],
      logStdNames: logStdNames(run.c),
      layerMean: (step, state, company) => layerMean(run, step, state, company),
      act: (step, state, action) => {
        const { logits, boxes } = predict(run, step, action, state.boxes);
        return { logits, boxes, next: { queries: stopGradient(action), boxes: stopGradient(boxes) } };
      },
    },
    first,
    options,
  );
}
