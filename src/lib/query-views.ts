/**
 * What one query of one image looked at in each decoder layer, as plain data.
 *
 * Q queries, N memory tokens of all levels, M heads, K sampling points of a head, n + 1 bins of an edge's distribution.
 */
import type { UnitCxcywh } from './boxes';

/** Cells of a memory level: its tokens follow each other row by row, level after level. */
export type LevelCells = readonly [rows: number, columns: number];

/** Sampling points of deformable attention. */
export interface LookedPlaces {
  heads: number;
  /** [M*K,4] packed: x, y as fractions of the image, the weight (0..1, a head's sum to 1), the head. */
  points: Float32Array;
}

/** Dense attention to the memory. */
export interface LookedCells {
  heads: number;
  /** [M,N] packed; a head's weights sum to 1. */
  weights: Float32Array;
}

/** The distributions of the left, top, right and bottom edge. */
export interface EdgeBins {
  /** [4,n+1] packed probabilities. */
  probabilities: Float32Array;
  /** [n+1] how far each bin moves the edge, where the family says it. */
  offsets?: Float32Array;
}

/** One decoder layer; each view where the family has it. */
export interface QueryLayerViews {
  layer: number;
  box: UnitCxcywh;
  /** The best class of the model and its score 0..1. */
  label: number;
  score: number;
  places?: LookedPlaces;
  cross?: LookedCells;
  /** [Q] self-attention to each query, the mean over heads. */
  self?: Float32Array;
  edges?: EdgeBins;
  norms: {
    /** Length of the query that leaves the layer. */
    content: number;
    /** Length of its position embedding. */
    position?: number;
    /** Cosine between the query before and after the layer; 0 where one of them is zero. */
    cosine: number;
  };
}

/** `learned`: the same for every image; `anchor` is the point it starts from, where it has one of its own. */
export type QueryOrigin =
  { kind: 'learned'; anchor?: readonly [x: number, y: number] } | { kind: 'selected'; token: number };

export interface QueryViews {
  /** Id of the model that looked. */
  model: string;
  query: number;
  levels: readonly LevelCells[];
  origin: QueryOrigin;
  /** [N] highest class score of every memory token, 0..1; absent where queries are not selected. */
  selection?: Float32Array;
  /** 1, …, L. */
  layers: QueryLayerViews[];
}

/** One memory token's place. */
export interface Cell {
  level: number;
  row: number;
  column: number;
  /** Edges as fractions of the image. */
  edges: readonly [x0: number, y0: number, x1: number, y1: number];
}

/** Where memory token `token` lies; undefined where the levels have no such token. */
export function cellOf(levels: readonly LevelCells[], token: number): Cell | undefined {
  let first = 0;
  for (const [level, [rows, columns]] of levels.entries()) {
    const at = token - first;
    if (at >= 0 && at < rows * columns) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      return { level, row, column, edges: [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows] };
    }
    first += rows * columns;
  }
  return undefined;
}

/** The cell of each level at a point of the image (fractions), as token numbers; empty outside of it. */
export function tokensAt(levels: readonly LevelCells[], x: number, y: number): number[] {
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return [];
  let first = 0;
  return levels.map(([rows, columns]) => {
    const token = first + Math.floor(y * rows) * columns + Math.floor(x * columns);
    first += rows * columns;
    return token;
  });
}

/** [N] of one head, or the mean over all of them (null). */
export function cellWeights({ heads, weights }: LookedCells, head: number | null): Float32Array {
  const tokens = weights.length / heads;
  if (head !== null) return weights.slice(head * tokens, (head + 1) * tokens);
  const mean = new Float32Array(tokens);
  weights.forEach((weight, at) => (mean[at % tokens]! += weight / heads));
  return mean;
}

export interface Attended {
  query: number;
  weight: number;
}

/** The `count` queries that `query` attends to most, itself left out, strongest first. */
export function mostAttended(weights: Float32Array, query: number, count: number): Attended[] {
  return Array.from(weights, (weight, at) => ({ query: at, weight }))
    .filter((each) => each.query !== query && each.weight > 0)
    .sort((a, b) => b.weight - a.weight || a.query - b.query)
    .slice(0, count);
}

/** Mean of a distribution in its offsets; undefined where the offsets are not known. @param edge 0..3: left, top, right, bottom */
export function meanOffset({ probabilities, offsets }: EdgeBins, edge: number): number | undefined {
  return offsets?.reduce((sum, offset, bin) => sum + offset * probabilities[edge * offsets.length + bin]!, 0);
}

/** What of a kind there is in any layer. */
export function hasView(views: QueryViews, kind: 'places' | 'cross' | 'self' | 'edges'): boolean {
  return views.layers.some((layer) => layer[kind] !== undefined);
}

/** Enough to tell two weights apart, short enough to read. */
const DIGITS = 5;

/** As JSON text: typed arrays as lists, numbers with five significant digits. @param className name of each label */
export function queryViewsJson(views: QueryViews, image: string, className: (label: number) => string): string {
  const layers = views.layers.map((layer) => ({ ...layer, class: className(layer.label) }));
  const round = (_key: string, value: unknown): unknown => {
    if (value instanceof Float32Array) return Array.from(value);
    return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  };
  return JSON.stringify({ image, ...views, layers }, round);
}
