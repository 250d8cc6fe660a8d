/**
 * Images that are in training and held out at once, or nearly: such a held-out figure says too much. Exact copies by the
 * hash of their bytes; near ones by a difference hash (N. Krawetz, "Kind of Like That", 2013): the grey image shrunk to
 * 9 x 8 cells, a bit for every cell that is darker than its right neighbour.
 */
import { DetectorError } from '../../lib/errors';

const COLUMNS = 9;
const ROWS = 8;
export const HASH_BITS = (COLUMNS - 1) * ROWS;

/**
 * Bits in which two images may differ and still be called nearly the same. Measured on 100 photos (duplicates.parity.ts):
 * copies at half size differ in at most 3 bits, as JPEG of quality 0.3 in at most 5, without 1 % at every side in at most
 * 8; the closest of the 4,950 pairs of different photos in 14.
 */
export const NEAR_BITS = 8;

export interface Fingerprint {
  readonly file: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  /** 16 hex digits. */
  readonly hash: string;
}

export interface Duplicate {
  readonly train: string;
  readonly heldOut: string;
  readonly exact: boolean;
  /** Bits that differ, 0..NEAR_BITS. */
  readonly distance: number;
}

/** Luma of packed RGBA (ITU-R BT.601), 0..255 rounded. */
export function greyOf(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(rgba.length / 4);
  for (let at = 0; at < grey.length; at++) {
    const [r, g, b] = [rgba[at * 4]!, rgba[at * 4 + 1]!, rgba[at * 4 + 2]!];
    grey[at] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return grey;
}

/** How much of pixel `index` lies in the part of a side from `from` to `to`, 0..1. */
const overlap = (index: number, from: number, to: number): number =>
  Math.max(0, Math.min(index + 1, to) - Math.max(index, from));

/** Mean of the pixels under one cell, parts of pixels counted as parts. */
function cellMean(grey: Uint8Array, width: number, height: number, column: number, row: number): number {
  const [x0, x1] = [(column * width) / COLUMNS, ((column + 1) * width) / COLUMNS];
  const [y0, y1] = [(row * height) / ROWS, ((row + 1) * height) / ROWS];
  let sum = 0;
  for (let y = Math.floor(y0); y < Math.min(Math.ceil(y1), height); y++) {
    let line = 0;
    for (let x = Math.floor(x0); x < Math.min(Math.ceil(x1), width); x++) {
      line += grey[y * width + x]! * overlap(x, x0, x1);
    }
    sum += line * overlap(y, y0, y1);
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

/**
 * The difference hash of an image, rows from the top, bits from the left.
 * @param grey [height, width]
 * @returns 16 hex digits
 * @throws DetectorError `internal` where the pixels do not fill the image
 */
export function differenceHash(grey: Uint8Array, width: number, height: number): string {
  if (!(width > 0 && height > 0) || grey.length !== width * height) {
    const message = `expected ${width} x ${height} grey pixels, got ${grey.length}`;
    throw new DetectorError('internal', 'difference hash', message);
  }
  let hash = '';
  for (let row = 0; row < ROWS; row++) {
    const cells = Array.from({ length: COLUMNS }, (_, column) => cellMean(grey, width, height, column, row));
    const bits = cells.slice(1).map((cell, index) => (cells[index]! < cell ? '1' : '0'));
    hash += parseInt(bits.join(''), 2).toString(16).padStart(2, '0');
  }
  return hash;
}

function ones(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

const halves = (hash: string): [number, number] => [parseInt(hash.slice(0, 8), 16), parseInt(hash.slice(8), 16)];

/** Bits in which two hashes of 16 hex digits differ, 0..64. */
export function hammingDistance(a: string, b: string): number {
  const [[a0, a1], [b0, b1]] = [halves(a), halves(b)];
  return ones(a0 ^ b0) + ones(a1 ^ b1);
}

/** An image with (nearly) one grey has no hash worth comparing: all of them are alike. */
const saysNothing = (hash: string): boolean => ones(halves(hash)[0]) + ones(halves(hash)[1]) === 0;

/**
 * The pairs of a training and a held-out image that are the same or nearly so, the closest first.
 * @param near bits in which they may differ, 0..64
 */
export function duplicatesAcross(
  train: readonly Fingerprint[],
  heldOut: readonly Fingerprint[],
  near = NEAR_BITS,
): Duplicate[] {
  const found: Duplicate[] = [];
  for (const a of train) {
    for (const b of heldOut) {
      const exact = a.sha256 === b.sha256;
      const distance = exact ? 0 : hammingDistance(a.hash, b.hash);
      if (exact || (distance <= near && !saysNothing(a.hash) && !saysNothing(b.hash))) {
        found.push({ train: a.file, heldOut: b.file, exact, distance });
      }
    }
  }
  return found.sort((a, b) => Number(b.exact) - Number(a.exact) || a.distance - b.distance);
}
