/** Comparisons for tests. Every one fails on NaN: they are written `!(difference <= bound)`. */

/** Greatest |a - b|; Infinity where the lengths differ or a difference is not a number. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most;
}

/** |a - b| / |b| in L2; Infinity where it is not a number. Two vectors of zeros differ by 0. */
export function relativeL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  if (difference === 0) return 0;
  const relative = Math.sqrt(difference / norm);
  return Number.isNaN(relative) ? Infinity : relative;
}
