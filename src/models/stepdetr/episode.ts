/** StepDETR's decoder as an episode. */
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import { boxEpisode } from '../box-episode';
import type { First, Memory } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import type { StepDetrConfig } from './config';
import { layerMean, predict } from './decoder';
import { logStdNames } from './parameters';

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
  options: EpisodeOptions,
): Episode {
  return boxEpisode(
    {
      p,
      images: memory.tokens.shape[0],
      logStdNames: logStdNames(c),
      layerMean: (step, state, company) => layerMean(p, c, step, state, memory, company),
      act: (_step, state, action) => {
        const { logits, boxes } = predict(p, action, state.boxes);
        return { logits, boxes, next: { queries: stopGradient(action), boxes: stopGradient(boxes) } };
      },
    },
    first,
    options,
  );
}
