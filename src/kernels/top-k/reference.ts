/** Plain loops for the choice of the best rows. B batch, N rows, C columns. */

/** A row's score: its highest number; NaN when it holds one. */
function rowScores(scores: ArrayLike<number>, first: number, rows: number, columns: number): number[] {
  return Array.from({ length: rows }, (_, n) => {
    let best = -Infinity;
    for (let c = 0; c < columns; c++) best = Math.max(best, scores[first + n * columns + c]!);
    return best;
  });
}

/** Below 0 when row a comes before row b: higher first, NaN last, then the lower index. */
function compare(score: readonly number[], a: number, b: number): number {
  const [x, y] = [score[a]!, score[b]!];
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  if (x > y) return -1;
  return x < y ? 1 : a - b;
}

/** @param scores [B,N,C] @returns [B,k] row indices, best first */
export function topKReference(
  scores: ArrayLike<number>,
  [batch, rows, columns]: readonly [number, number, number],
  k: number,
): Int32Array {
  const out = new Int32Array(batch * k);
  for (let b = 0; b < batch; b++) {
    const score = rowScores(scores, b * rows * columns, rows, columns);
    const order = score.map((_, n) => n).sort((x, y) => compare(score, x, y));
    out.set(order.slice(0, k), b * k);
  }
  return out;
}
