/**
 * How clusters are found: locality-sensitive hashing of the Adaptive Clustering Transformer (ACT, arXiv 2011.09315, section
 * 3.2), h = floor((q a + b) / r) with a ~ N(0, I) and b ~ U(0, r), L times over. Tokens whose L numbers all agree are a
 * cluster: more rounds or a narrower r make more and tighter ones.
 */
import { DetectorError } from './errors';

export interface ClusterSettings {
  /** L */
  readonly rounds: number;
  /** r, in the units of the tokens. */
  readonly width: number;
  /** Of a and b. */
  readonly seed: number;
}

/** The paper's r, and rounds from the middle of those that it tries (16 to 32). */
export const CLUSTER_DEFAULTS: ClusterSettings = { rounds: 24, width: 8, seed: 1 };

export const MOST_ROUNDS = 64;

/** @throws DetectorError `internal` naming the setting that is out of its range */
export function checkSettings({ rounds, width, seed }: ClusterSettings): void {
  const refuse = (name: string, expected: string, got: number): never => {
    throw new DetectorError('internal', `clusters.${name}`, `expected ${expected}, got ${got}`);
  };
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
    refuse('rounds', `a whole number from 1 to ${MOST_ROUNDS}`, rounds);
  if (!(width > 0 && Number.isFinite(width))) refuse('width', 'a number above 0', width);
  if (!Number.isSafeInteger(seed) || seed < 0) refuse('seed', 'a whole number of at least 0', seed);
}

/** What one encoder layer's clusters came to on one image. */
export interface LayerClustering {
  /** Clusters, whose means attend. */
  prototypes: number;
  /** Cells that would attend without clusters. */
  tokens: number;
  /** Floating-point operations of the layer's attention. */
  flops: { exact: number; clustered: number };
}

/** How an image's encoder was clustered, beside its detections. */
export interface ImageClustering {
  settings: ClusterSettings;
  layers: LayerClustering[];
}

/** A layer's clusters as places of the image. */
export interface ClusterMap extends LayerClustering {
  /** Rows and columns of cells. */
  shape: readonly [number, number];
  /** [rows,columns] packed: each cell's cluster, counted from 0 in the order of their first cells. */
  of: Int32Array<ArrayBuffer>;
}

/** How far an answer with clusters is from the exact one. */
export interface Apart {
  /** Largest and mean absolute difference. */
  greatest: number;
  mean: number;
  /** |clustered - exact| / |exact|, Euclidean. */
  relative: number;
}

/** The same image through the exact encoder and through clusters. */
export interface ClusterComparison {
  /** The model's id. */
  model: string;
  settings: ClusterSettings;
  layers: ClusterMap[];
  /** What the decoder reads. */
  memory: Apart;
  /** The last layer's, of the `compared` queries. */
  logits: Apart;
  /** Fractions of the image. */
  boxes: Apart;
  /** Queries that stand for the same thing in both: all learned ones, or those of memory tokens that both selected. */
  compared: number;
  queries: number;
  /** Milliseconds from the input tensor to the answer. */
  ms: { exact: number; clustered: number };
}

export const sameSettings = (a: ClusterSettings | null, b: ClusterSettings | null): boolean =>
  a === b || (a !== null && b !== null && a.rounds === b.rounds && a.width === b.width && a.seed === b.seed);

/** How far `got` is from `wanted`; not-a-number anywhere gives not-a-number. */
export function apart(got: ArrayLike<number>, wanted: ArrayLike<number>): Apart {
  let [greatest, sum, square, length] = [0, 0, 0, 0];
  for (let at = 0; at < wanted.length; at++) {
    const difference = Math.abs(got[at]! - wanted[at]!);
    greatest = Math.max(greatest, difference);
    sum += difference;
    square += difference * difference;
    length += wanted[at]! * wanted[at]!;
  }
  const mean = wanted.length === 0 ? 0 : sum / wanted.length;
  return { greatest, mean, relative: square === 0 ? 0 : Math.sqrt(square / length) };
}

/**
 * Rows [in a, in b] of queries that stand for the same thing.
 * @param a @param b [Q] memory token of each query; null where queries are learned, and stand for themselves
 */
export function sharedRows(
  a: ArrayLike<number> | null,
  b: ArrayLike<number> | null,
  queries: number,
): [number, number][] {
  if (!a || !b) return Array.from({ length: queries }, (_, row) => [row, row]);
  const rowOf = new Map(Array.from(b, (token, row) => [token, row]));
  return Array.from(a).flatMap((token, row): [number, number][] => {
    const other = rowOf.get(token);
    return other === undefined ? [] : [[row, other]];
  });
}

/** Some rows of a packed matrix. */
export function takeRows(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => out.set(values.subarray(row * width, (row + 1) * width), at * width));
  return out;
}
