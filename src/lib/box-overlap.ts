/**
 * Overlap of boxes in plain numbers: IoU, and the generalised IoU of arXiv 1902.09630 (equations 1 to 3).
 * The same with tensors is src/nn/box-overlap.ts.
 */

/** Areas below this count as this: no division by zero for boxes without size. */
export const LEAST_AREA = 1e-9;

export interface Overlap {
  /** 0..1. */
  iou: number;
  /** -1..1: IoU less the share of the enclosing box that neither covers. */
  giou: number;
}

/**
 * Box number `i` of `a` against box number `j` of `b`.
 * @param a @param b packed [.,4] cxcywh as fractions; a negative size counts as no area
 */
export function overlapOf(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): Overlap {
  // Plain scalars: matching asks for tens of thousands of pairs at a time.
  const [p, q] = [4 * i, 4 * j];
  const inside = Math.max(0, common(a, p, b, q)) * Math.max(0, common(a, p + 1, b, q + 1));
  const hull = Math.max(0, spanned(a, p, b, q)) * Math.max(0, spanned(a, p + 1, b, q + 1));
  const union = area(a, p) + area(b, q) - inside;
  const iou = inside / Math.max(union, LEAST_AREA);
  return { iou, giou: iou - (hull - union) / Math.max(hull, LEAST_AREA) };
}

function area(box: ArrayLike<number>, at: number): number {
  return Math.max(0, box[at + 2]!) * Math.max(0, box[at + 3]!);
}

/** Length that both boxes cover of the axis whose centres are at `p` and `q`, sizes two places on; negative between them. */
function common(a: ArrayLike<number>, p: number, b: ArrayLike<number>, q: number): number {
  const high = Math.min(a[p]! + a[p + 2]! / 2, b[q]! + b[q + 2]! / 2);
  return high - Math.max(a[p]! - a[p + 2]! / 2, b[q]! - b[q + 2]! / 2);
}

/** Length from the lower to the higher end of both together. */
function spanned(a: ArrayLike<number>, p: number, b: ArrayLike<number>, q: number): number {
  const high = Math.max(a[p]! + a[p + 2]! / 2, b[q]! + b[q + 2]! / 2);
  return high - Math.min(a[p]! - a[p + 2]! / 2, b[q]! - b[q + 2]! / 2);
}
