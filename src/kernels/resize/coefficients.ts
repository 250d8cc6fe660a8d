/**
 * Pillow's resampling tables for the BILINEAR filter (src/libImaging/Resample.c: precompute_coeffs, normalize_coeffs_8bpc).
 *
 * Output position o averages the input positions first .. first + count - 1. The filter is a triangle of half-width
 * max(1, in / out) input pixels around the output pixel's centre, so shrinking is antialiased and enlarging is plain
 * bilinear. Weights are computed in float64, normalised to 1 and rounded to 22 bits of fraction.
 */
import { DetectorError } from '../../lib/errors';

/** Fraction bits of a weight: 32 less 8 for the level and 2 of headroom. */
export const PRECISION_BITS = 22;

export interface ResampleTable {
  inSize: number;
  outSize: number;
  /** Numbers of one entry in `entries`. */
  stride: number;
  /** [outSize, stride] packed: first, count, then weights; what follows the `count`-th weight is 0. */
  entries: Int32Array<ArrayBuffer>;
}

function requireSize(name: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new DetectorError('internal', 'resize', `${name}: expected a whole number of at least 1, got ${size}`);
  }
}

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Equal sizes: Pillow skips the pass, and a single weight of 1 copies the level exactly. */
function identityTable(size: number): ResampleTable {
  const entries = new Int32Array(size * 3);
  for (let o = 0; o < size; o++) entries.set([o, 1, 2 ** PRECISION_BITS], o * 3);
  return { inSize: size, outSize: size, stride: 3, entries };
}

/** @throws DetectorError `internal` when a size is not a whole number of at least 1 */
export function resampleTable(inSize: number, outSize: number): ResampleTable {
  requireSize('input size', inSize);
  requireSize('output size', outSize);
  if (inSize === outSize) return identityTable(inSize);
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1 + 2;
  const entries = new Int32Array(outSize * stride);
  const weights = new Float64Array(stride);
  for (let o = 0; o < outSize; o++) {
    const centre = (o + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const count = Math.min(Math.trunc(centre + support + 0.5), inSize) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      // Pillow multiplies by the reciprocal; dividing would round differently.
      weights[k] = triangle((k + first - centre + 0.5) * (1 / support));
      sum += weights[k]!;
    }
    entries.set([first, count], o * stride);
    for (let k = 0; k < count; k++) {
      entries[o * stride + 2 + k] = Math.trunc(0.5 + (weights[k]! / sum) * 2 ** PRECISION_BITS);
    }
  }
  return { inSize, outSize, stride, entries };
}

/** Input positions [start, end) that the output positions [from, to) read. */
export function inputSpan(table: ResampleTable, from: number, to: number): { start: number; end: number } {
  const last = (to - 1) * table.stride;
  return { start: table.entries[from * table.stride]!, end: table.entries[last]! + table.entries[last + 1]! };
}

export interface Normalisation {
  /** Factor from level 0..255 to the model's unit, 1 / 255 in most preprocessor_config.json files. Default 1. */
  rescale?: number;
  /** Subtracted from red, green, blue after rescaling. Default 0. */
  mean?: readonly [number, number, number];
  /** Divides what is left. Default 1. */
  std?: readonly [number, number, number];
}

/** [3,256] packed: what level 0..255 of red, green, blue becomes, (level * rescale - mean) / std rounded to float32 once. */
export function levelValues({
  rescale = 1,
  mean = [0, 0, 0],
  std = [1, 1, 1],
}: Normalisation): Float32Array<ArrayBuffer> {
  if (![rescale, ...mean, ...std].every(Number.isFinite) || std.includes(0)) {
    throw new DetectorError(
      'internal',
      'resize',
      `expected finite rescale and mean and a std without 0, got ${JSON.stringify({ rescale, mean, std })}`,
    );
  }
  const values = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c++) {
    for (let level = 0; level < 256; level++) values[c * 256 + level] = (level * rescale - mean[c]!) / std[c]!;
  }
  return values;
}
