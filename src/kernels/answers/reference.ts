/** Plain loops for what is read back of a forward pass. L layers, Q queries, C columns of logits, k pairs. */

/** Indices of the `count` highest values in falling order; ties: the lower index first. Not-a-number is never chosen. */
export function highest(values: Float32Array, count: number): number[] {
  const finite = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]!));
  const sorted = Float32Array.from(finite, (i) => values[i]!).sort();
  const least = sorted[Math.max(sorted.length - count, 0)] ?? Infinity;
  return finite
    .filter((i) => values[i]! >= least)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count);
}

type Shape = readonly [layers: number, queries: number, columns: number];

/** @returns [L, 2 k + 4 Q]: k logits in falling order, their pairs query * C + column (-1: none), boxes */
export function pairAnswersReference(
  logits: Float32Array,
  boxes: Float32Array,
  [layers, queries, columns]: Shape,
  k: number,
): Float32Array {
  const width = 2 * k + 4 * queries;
  const result = new Float32Array(layers * width);
  for (let l = 0; l < layers; l++) {
    const own = logits.subarray(l * queries * columns, (l + 1) * queries * columns);
    const best = highest(own, k);
    const row = result.subarray(l * width, (l + 1) * width);
    row.fill(-1, k, 2 * k);
    best.forEach((pair, place) => {
      row[place] = own[pair]!;
      row[k + place] = pair;
    });
    row.set(boxes.subarray(l * queries * 4, (l + 1) * queries * 4), 2 * k);
  }
  return result;
}

/** @returns [L, 6 Q]: the logarithm of each query's best probability, its class (-1: none), boxes */
export function bestAnswersReference(
  logits: Float32Array,
  boxes: Float32Array,
  [layers, queries, columns]: Shape,
): Float32Array {
  const result = new Float32Array(layers * queries * 6);
  for (let at = 0; at < layers * queries; at++) {
    const [layer, query] = [Math.floor(at / queries), at % queries];
    const row = logits.subarray(at * columns, (at + 1) * columns);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    const objects = row.subarray(0, columns - 1);
    const best = Math.max(...objects);
    const rank = best - most - Math.log(total);
    const first = layer * queries * 6;
    const broken = Number.isNaN(rank);
    result[first + query] = broken ? 0 : rank;
    result[first + queries + query] = broken ? -1 : objects.indexOf(best);
    result.set(boxes.subarray(at * 4, at * 4 + 4), first + 2 * queries + 4 * query);
  }
  return result;
}
