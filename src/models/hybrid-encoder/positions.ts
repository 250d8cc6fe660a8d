/** Positions of a level's cells. h x w cells, D width. */
import type { LevelShape } from '../../nn/geometry';

/**
 * Sine position of every cell [h*w, D]: sin y, cos y, sin x, cos x, D / 4 numbers each, with wavelengths of 2 pi .. 2 pi
 * `temperature` cells (RT-DETR's hybrid encoder; the columns come first in DETR's and StepDETR's).
 * @param width D, a multiple of 4
 */
export function rowColumnPositions([h, w]: LevelShape, width: number, temperature: number): Float32Array {
  const quarter = width / 4;
  const out = new Float32Array(h * w * width);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let i = 0; i < quarter; i++) {
        const omega = temperature ** (-i / quarter);
        const at = (y * w + x) * width + i;
        out[at] = Math.sin(y * omega);
        out[at + quarter] = Math.cos(y * omega);
        out[at + 2 * quarter] = Math.sin(x * omega);
        out[at + 3 * quarter] = Math.cos(x * omega);
      }
  return out;
}
