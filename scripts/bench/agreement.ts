/**
 * Whether two engines compute the same model: their detections of one picture side by side.
 */

/** One answer: x0, y0, x1, y1 as fractions of the picture. */
export interface Detection {
  label: number;
  score: number;
  box: readonly [number, number, number, number];
}

export interface Agreement {
  /** Part of ours that have a partner in theirs within `bound`. */
  share: number;
  /** Median difference between partners. */
  median: number;
  bound: number;
}

/** The larger of the scores' and of the box sides' differences; Infinity for another label. */
function difference(a: Detection, b: Detection): number {
  if (a.label !== b.label) return Infinity;
  return Math.max(Math.abs(a.score - b.score), ...a.box.map((side, i) => Math.abs(side - b.box[i]!)));
}

/**
 * Order does not count: scores that are nearly equal may stand in another one.
 * @param ours not empty
 * @param bound of a difference of scores (0..1) or of box sides (fractions of the picture)
 */
export function agreementOf(ours: readonly Detection[], theirs: readonly Detection[], bound: number): Agreement {
  const nearest = ours.map((one) => theirs.reduce((least, other) => Math.min(least, difference(one, other)), Infinity));
  const sorted = [...nearest].sort((a, b) => a - b);
  return {
    share: nearest.filter((value) => value <= bound).length / ours.length,
    median: sorted[(sorted.length - 1) >> 1] ?? Infinity,
    bound,
  };
}
