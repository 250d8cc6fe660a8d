/**
 * The pixels' mask at the resolution of the backbone's last map.
 *
 * B batch, H x W pixels, h x w cells, N = h w.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectShape } from '../../kernels/shapes';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';
import type { Memory } from '../detector';
import { cellsOnImage } from './positions';

/** The pixel that stands for each cell, as torch's nearest interpolation picks it. */
export function nearestPixels(pixels: number, cells: number): Int32Array {
  return Int32Array.from({ length: cells }, (_, cell) => Math.min(Math.floor((cell * pixels) / cells), pixels - 1));
}

/**
 * Run inside tf.tidy; no gradient.
 * @param mask [B,H,W] 1 = pixel, 0 = padding at the right and the bottom
 * @returns mask [B,N] and ratios [B,1,2] of a Memory
 */
export function cellMask(mask: tf.Tensor3D, [h, w]: LevelShape): Required<Pick<Memory, 'mask' | 'ratios'>> {
  expectShape('encode', 'mask', mask.shape, ['B', 'H', 'W']);
  const [batch, height, width] = mask.shape;
  return untraced(() => {
    const rows = tf.gather(mask, tf.tensor1d(nearestPixels(height, h), 'int32'), 1);
    const cells = tf.gather(rows, tf.tensor1d(nearestPixels(width, w), 'int32'), 2);
    const flat = tf.reshape(cells, [batch, h * w]) as tf.Tensor2D;
    const on = cellsOnImage(flat, [h, w]);
    const ratios = tf.stack([tf.div(on.columns, w), tf.div(on.rows, h)], 1);
    return { mask: flat, ratios: tf.reshape(ratios, [batch, 1, 2]) };
  });
}
