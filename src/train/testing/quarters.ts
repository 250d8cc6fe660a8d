/** Predictions for tests: queries in a row, each with a quarter of the image. */
import type { SetPrediction } from '../../lib/set-prediction';

/** cxcywh of query q as fractions of the image. */
export const quarter = (q: number): number[] => [(q + 0.5) / 4, 0.5, 0.25, 1];

/** @param scores [Q][C], 0..1, neither end */
export const quarters = (scores: number[][]): SetPrediction => ({
  queries: scores.length,
  columns: scores[0]!.length,
  scoring: 'sigmoid',
  logits: Float32Array.from(scores.flat(), (p) => Math.log(p / (1 - p))),
  boxes: Float32Array.from(scores.flatMap((_, q) => quarter(q))),
});
