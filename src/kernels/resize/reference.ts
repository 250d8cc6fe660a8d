/**
 * Pillow's two-pass resize in plain loops: the oracle of the tests, and the resize of the backends without a GPU.
 *
 * H, W input rows and columns, h, w output rows and columns.
 */
import { PRECISION_BITS, type ResampleTable } from './coefficients';

const HALF = 2 ** (PRECISION_BITS - 1);

/** The 8-bit level of a weighted sum; weights are not negative, so only the top is clipped. */
function toLevel(sum: number): number {
  return Math.min((sum + HALF) >> PRECISION_BITS, 255);
}

/** RGBA [H,W,4] to RGB [H,w,3]; alpha is dropped as by Pillow's convert('RGB'). */
function resampleRows(pixels: ArrayLike<number>, height: number, columns: ResampleTable): Uint8Array {
  const { inSize, outSize, stride, entries } = columns;
  const result = new Uint8Array(height * outSize * 3);
  for (let y = 0; y < height; y++) {
    for (let o = 0; o < outSize; o++) {
      const entry = o * stride;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < entries[entry + 1]!; k++) {
          sum += pixels[(y * inSize + entries[entry]! + k) * 4 + c]! * entries[entry + 2 + k]!;
        }
        result[(y * outSize + o) * 3 + c] = toLevel(sum);
      }
    }
  }
  return result;
}

/** RGB [H,w,3] to RGB [h,w,3]. */
function resampleColumns(pixels: Uint8Array, width: number, rows: ResampleTable): Uint8Array {
  const { outSize, stride, entries } = rows;
  const line = width * 3;
  const result = new Uint8Array(outSize * line);
  for (let o = 0; o < outSize; o++) {
    const entry = o * stride;
    for (let x = 0; x < line; x++) {
      let sum = 0;
      for (let k = 0; k < entries[entry + 1]!; k++) {
        sum += pixels[(entries[entry]! + k) * line + x]! * entries[entry + 2 + k]!;
      }
      result[o * line + x] = toLevel(sum);
    }
  }
  return result;
}

/**
 * @param pixels RGBA bytes [H,W,4], row-major
 * @param rows table from H to h
 * @param columns table from W to w
 * @returns RGB bytes [h,w,3]: horizontal pass, rounded to bytes, then vertical pass
 */
export function resizePixels(pixels: ArrayLike<number>, rows: ResampleTable, columns: ResampleTable): Uint8Array {
  return resampleColumns(resampleRows(pixels, rows.inSize, columns), columns.outSize, rows);
}

/** RGB bytes [h,w,3] to float32 by a table of `levelValues`. */
export function toFloats(rgb: Uint8Array, values: Float32Array): Float32Array {
  return Float32Array.from(rgb, (level, at) => values[(at % 3) * 256 + level]!);
}
