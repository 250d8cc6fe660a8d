/** Plain loops for the edge distribution and its gradient. E edges, n bins, `top` highest probabilities. */

function softmax(logits: Float32Array, first: number, n: number): number[] {
  const row = Array.from(logits.subarray(first, first + n));
  const highest = Math.max(...row);
  const exps = row.map((v) => Math.exp(v - highest));
  const total = exps.reduce((a, b) => a + b, 0);
  return exps.map((v) => v / total);
}

/** Bins of the `top` highest probabilities, the lower bin first where they are equal. */
function ranked(p: readonly number[], top: number): number[] {
  return p
    .map((_, j) => j)
    .sort((a, b) => p[b]! - p[a]! || a - b)
    .slice(0, top);
}

/** @returns [E, top + 2]: expectation, the top probabilities, their mean */
export function edgeDistributionReference(logits: Float32Array, weights: Float32Array, top: number): Float32Array {
  const n = weights.length;
  const edges = logits.length / n;
  const out = new Float32Array(edges * (top + 2));
  for (let e = 0; e < edges; e++) {
    const p = softmax(logits, e * n, n);
    const best = ranked(p, top).map((j) => p[j]!);
    const row = [p.reduce((sum, v, j) => sum + v * weights[j]!, 0), ...best, best.reduce((a, b) => a + b, 0) / top];
    out.set(row, e * (top + 2));
  }
  return out;
}

/** @param dy [E, top + 2] @returns [E,n] */
export function edgeDistributionGradientReference(
  logits: Float32Array,
  weights: Float32Array,
  dy: Float32Array,
  top: number,
): Float32Array {
  const n = weights.length;
  const out = new Float32Array(logits.length);
  for (let e = 0; e < logits.length / n; e++) {
    const p = softmax(logits, e * n, n);
    const given = dy.subarray(e * (top + 2), (e + 1) * (top + 2));
    const g = p.map((_, j) => given[0]! * weights[j]!);
    ranked(p, top).forEach((j, t) => (g[j]! += given[1 + t]! + given[1 + top]! / top));
    const inner = p.reduce((sum, v, j) => sum + v * g[j]!, 0);
    p.forEach((v, j) => (out[e * n + j] = v * (g[j]! - inner)));
  }
  return out;
}
