/**
 * Plain loops for multi-scale deformable attention and its gradient.
 *
 * B batch, N cells of all levels, Q queries, M heads, K samples, d channels of a head.
 */
import { floatsLike, type Floats } from '../floats';

export interface Sampling {
  /** [h, w] of each level, finest or coarsest first: the order of the cells in `value`. */
  shapes: readonly (readonly [number, number])[];
  /** Samples of each level; their sum is K. */
  points: readonly number[];
}

export interface Extents {
  batch: number;
  cells: number;
  queries: number;
  heads: number;
  /** d */
  depth: number;
}

/** One of the up to four cells that a sample mixes: its share and how that moves with x and y (in cells). */
interface Corner {
  cell: number;
  share: number;
  alongX: number;
  alongY: number;
}

function corners(x: number, y: number, [h, w]: readonly [number, number], firstCell: number): Corner[] {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  return [
    { dx: 0, dy: 0, share: (1 - fx) * (1 - fy), alongX: fy - 1, alongY: fx - 1 },
    { dx: 1, dy: 0, share: fx * (1 - fy), alongX: 1 - fy, alongY: -fx },
    { dx: 0, dy: 1, share: (1 - fx) * fy, alongX: -fy, alongY: 1 - fx },
    { dx: 1, dy: 1, share: fx * fy, alongX: fy, alongY: fx },
  ]
    .filter(({ dx, dy }) => x0 + dx >= 0 && x0 + dx < w && y0 + dy >= 0 && y0 + dy < h)
    .map(({ dx, dy, ...rest }) => ({ cell: firstCell + (y0 + dy) * w + x0 + dx, ...rest }));
}

/** Calls back for every corner of every sample. `value` and `out` are the first channel of the head in value and output. */
function eachCorner(
  locations: Floats,
  { shapes, points }: Sampling,
  { batch, cells, queries, heads, depth }: Extents,
  visit: (sample: number, value: number, out: number, corner: Corner, shape: readonly [number, number]) => void,
): void {
  let sample = 0;
  for (let row = 0; row < batch * queries * heads; row++) {
    const head = row % heads;
    const b = Math.floor(row / (queries * heads));
    let firstCell = 0;
    shapes.forEach((shape, level) => {
      for (let p = 0; p < points[level]!; p++, sample++) {
        const x = locations[2 * sample]! * shape[1] - 0.5;
        const y = locations[2 * sample + 1]! * shape[0] - 0.5;
        for (const corner of corners(x, y, shape, firstCell)) {
          visit(sample, ((b * cells + corner.cell) * heads + head) * depth, row * depth, corner, shape);
        }
      }
      firstCell += shape[0] * shape[1];
    });
  }
}

/** @returns [B,Q,M*d] */
export function deformableAttentionReference<T extends Floats>(
  value: T,
  locations: T,
  weights: T,
  sampling: Sampling,
  extents: Extents,
): T {
  const { batch, queries, heads, depth } = extents;
  const out = floatsLike(value, batch * queries * heads * depth);
  eachCorner(locations, sampling, extents, (sample, from, to, { share }) => {
    for (let c = 0; c < depth; c++) out[to + c]! += weights[sample]! * share * value[from + c]!;
  });
  return out;
}

/** @param dy [B,Q,M*d] @returns gradients of the shapes of value, locations and weights */
export function deformableAttentionGradientReference<T extends Floats>(
  value: T,
  locations: T,
  weights: T,
  dy: T,
  sampling: Sampling,
  extents: Extents,
): { value: T; locations: T; weights: T } {
  const out = {
    value: floatsLike(value, value.length),
    locations: floatsLike(value, locations.length),
    weights: floatsLike(value, weights.length),
  };
  eachCorner(locations, sampling, extents, (sample, from, to, { share, alongX, alongY }, [h, w]) => {
    const weight = weights[sample]!;
    for (let c = 0; c < extents.depth; c++) {
      const product = dy[to + c]! * value[from + c]!;
      out.value[from + c]! += dy[to + c]! * weight * share;
      out.locations[2 * sample]! += product * weight * alongX * w;
      out.locations[2 * sample + 1]! += product * weight * alongY * h;
      out.weights[sample]! += product * share;
    }
  });
  return out;
}
