/**
 * Sine positions of the backbone's cells, normalised by the part of the map that lies on the image (DETR, appendix A.4: "fixed
 * absolute encoding"): the rows' half, then the columns'. With c cells counted up to and with the own one and n cells of the
 * image in that direction, number j of a half is sin (even j) or cos (odd j) of
 * 2 pi c / (n + 1e-6) / 10000^(2 floor(j / 2) / F).
 *
 * B batch, h x w cells, N = h w, D width, F = D / 2.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';

const TEMPERATURE = 10000;
const EPSILON = 1e-6;

/**
 * One direction's half for every count of cells on the image: [length+1, length, F] packed, the first axis being n.
 * In JavaScript, since SwiftShader's sine is inexact; n is only known on the device, where it picks a row.
 */
export function positionTable(length: number, half: number): Float32Array {
  const out = new Float32Array((length + 1) * length * half);
  const waves = Float64Array.from({ length: half }, (_, j) => TEMPERATURE ** ((2 * Math.floor(j / 2)) / half));
  let at = 0;
  for (let n = 0; n <= length; n++)
    for (let cell = 0; cell < length; cell++) {
      const place = (2 * Math.PI * Math.min(cell + 1, n)) / (n + EPSILON);
      waves.forEach((wave, j) => (out[at++] = j % 2 === 0 ? Math.sin(place / wave) : Math.cos(place / wave)));
    }
  return out;
}

/** Positions for maps of any shape; keeps a table for each length that it has met (some hundred kilobytes for 25 cells). */
export class SinePositions {
  private readonly tables = new Map<number, tf.Tensor2D>();

  /** @param width D, a multiple of 4 */
  constructor(private readonly width: number) {}

  /**
   * Run inside tf.tidy; no gradient.
   * @param mask [B,N] 1 on the image, 0 on padding at the right and the bottom; nothing where there is no padding
   * @returns [B,N,D], or [1,N,D] without a mask
   */
  at([h, w]: LevelShape, mask?: tf.Tensor2D): tf.Tensor3D {
    return untraced(() => {
      const counts = mask && cellsOnImage(mask, [h, w]);
      const half = this.width / 2;
      const rows = this.pick(h, counts?.rows);
      const batch = rows.shape[0];
      const y = tf.tile(tf.reshape(rows, [batch, h, 1, half]), [1, 1, w, 1]);
      const x = tf.tile(tf.reshape(this.pick(w, counts?.columns), [batch, 1, w, half]), [1, h, 1, 1]);
      return tf.reshape(tf.concat([y, x], 3), [batch, h * w, this.width]);
    });
  }

  /** Rows n of a direction's table: [B, length F], that of the whole length without counts [B]. */
  private pick(length: number, counts?: tf.Tensor1D): tf.Tensor2D {
    const table = this.table(length);
    return counts ? tf.gather(table, tf.cast(counts, 'int32')) : tf.slice(table, [length, 0], [1, -1]);
  }

  private table(length: number): tf.Tensor2D {
    const found = this.tables.get(length);
    if (found) return found;
    const half = this.width / 2;
    // it outlives the tidy that the first image runs in
    const made = tf.keep(tf.tensor2d(positionTable(length, half), [length + 1, length * half]));
    this.tables.set(length, made);
    return made;
  }

  dispose(): void {
    for (const table of this.tables.values()) table.dispose();
    this.tables.clear();
  }
}

/** How many rows and columns of cells lie on each image: [B] each. @param mask [B,N], padding at the right and the bottom */
export function cellsOnImage(mask: tf.Tensor2D, [h, w]: LevelShape): { rows: tf.Tensor1D; columns: tf.Tensor1D } {
  const apart = tf.reshape(mask, [mask.shape[0], h, w]);
  const along = (size: [number, number, number], axis: number): tf.Tensor1D =>
    tf.sum(tf.reshape(tf.slice(apart, [0, 0, 0], size), [mask.shape[0], size[axis]!]), 1);
  return { rows: along([-1, h, 1], 1), columns: along([-1, 1, w], 2) };
}
