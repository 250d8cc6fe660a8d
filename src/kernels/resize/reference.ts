/**
 * Pillow's two-pass resize in plain loops: the oracle of the tests, and the resize of the backends without a GPU.
 *
 * H, W input rows and columns, h, w output rows and columns.
 */
import { PRECISION_BITS, type ResampleTable } from './coefficients';

const HALF = 2 ** (PRECISION_BITS - 1);

/** The 8-bit level of a weighted sum that began at HALF; weights are not negative, so only the top is clipped. */
function toLevel(sum: number): number {
  return Math.min(sum >> PRECISION_BITS, 255);
}

/** RGBA [H,W,4] to RGB [H,w,3]; alpha is dropped as by Pillow's convert('RGB'). */
function resampleRows(pixels: Uint8ClampedArray, height: number, columns: ResampleTable): Uint8Array {
  const { inSize, outSize, stride, entries } = columns;
  const result = new Uint8Array(height * outSize * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let entry = 0; entry < entries.length; entry += stride) {
      let from = (y * inSize + entries[entry]!) * 4;
      const end = entry + 2 + entries[entry + 1]!;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let k = entry + 2; k < end; k++, from += 4) {
        const weight = entries[k]!;
        red += pixels[from]! * weight;
        green += pixels[from + 1]! * weight;
        blue += pixels[from + 2]! * weight;
      }
      result[to++] = toLevel(red);
      result[to++] = toLevel(green);
      result[to++] = toLevel(blue);
    }
  }
  return result;
}

/** RGB [H,w,3] to RGB [h,w,3]. */
function resampleColumns(pixels: Uint8Array, width: number, rows: ResampleTable): Uint8Array {
  const { outSize, stride, entries } = rows;
  const line = width * 3;
  const result = new Uint8Array(outSize * line);
  const sums = new Int32Array(line);
  for (let o = 0; o < outSize; o++) {
    const entry = o * stride;
    sums.fill(HALF);
    for (let k = 0; k < entries[entry + 1]!; k++) {
      const weight = entries[entry + 2 + k]!;
      const from = (entries[entry]! + k) * line;
      for (let x = 0; x < line; x++) sums[x]! += pixels[from + x]! * weight;
    }
    for (let x = 0; x < line; x++) result[o * line + x] = toLevel(sums[x]!);
  }
  return result;
}

/**
 * @param pixels RGBA bytes [H,W,4], row-major
 * @param rows table from H to h
 * @param columns table from W to w
 * @returns RGB bytes [h,w,3]: horizontal pass, rounded to bytes, then vertical pass
 */
export function resizePixels(pixels: Uint8ClampedArray, rows: ResampleTable, columns: ResampleTable): Uint8Array {
  return resampleColumns(resampleRows(pixels, rows.inSize, columns), columns.outSize, rows);
}

/**
 * RGB bytes [h,w,3] to float32 by a table of `levelValues`. A plain loop: `Float32Array.from` with a function takes longer than
 * the resize itself (384 x 384 pixels: 20 ms).
 */
export function toFloats(rgb: Uint8Array, values: Float32Array): Float32Array {
  const result = new Float32Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) {
    result[at] = values[rgb[at]!]!;
    result[at + 1] = values[256 + rgb[at + 1]!]!;
    result[at + 2] = values[512 + rgb[at + 2]!]!;
  }
  return result;
}
