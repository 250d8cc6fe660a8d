/**
 * Where the cells of all levels lie: masks, centres and positions.
 *
 * B batch, H x W pixels, h x w cells of a level, N cells of all levels, D width. Padding is at the right and the bottom.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';
import { sine } from '../../nn/sine';
import type { Memory } from '../detector';
import { cellMask } from '../detr/mask';

const TEMPERATURE = 10000;
const EPSILON = 1e-6;

/** Which level each cell belongs to: [N]. */
const levelOfCells = (shapes: readonly LevelShape[]): Int32Array =>
  Int32Array.from(shapes.flatMap(([h, w], level) => Array<number>(h * w).fill(level)));

/** (x, y) of each cell's centre as fractions of its level: [N,2] packed. */
function centresInLevels(shapes: readonly LevelShape[]): Float32Array {
  const out: number[] = [];
  for (const [h, w] of shapes)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out.push((x + 0.5) / w, (y + 0.5) / h);
  return Float32Array.from(out);
}

/**
 * Frequencies and phases whose sines are `count` numbers of a position: sin (even) and cos (odd) of
 * place / 10000^(2 floor(j / 2) / count).
 */
export function waves(count: number): { frequency: number[]; phase: number[] } {
  const indices = Array.from({ length: count }, (_, j) => j);
  return {
    frequency: indices.map((j) => TEMPERATURE ** (-(2 * Math.floor(j / 2)) / count)),
    phase: indices.map((j) => (j % 2 === 0 ? 0 : Math.PI / 2)),
  };
}

/**
 * One direction's half of the position of each row or column, 2 pi (c - 1/2) / n of the wave's length, with c cells counted up
 * to and with the own one, and n on the image; zeros in the other direction's half.
 * @param counts n [B,1]
 * @returns [B,length,D]
 */
function halfPositions(length: number, counts: tf.Tensor, width: number, half: 'rows' | 'columns'): tf.Tensor {
  const zeros = Array<number>(width / 2).fill(0);
  const placed = (values: number[]): tf.Tensor =>
    tf.tensor1d(half === 'rows' ? [...values, ...zeros] : [...zeros, ...values]);
  const { frequency, phase } = waves(width / 2);
  const counted = tf.minimum(tf.reshape(tf.range(1, length + 1), [1, length]), counts);
  const place = tf.mul(tf.div(tf.sub(counted, 0.5), tf.add(counts, EPSILON)), 2 * Math.PI);
  return sine(tf.add(tf.mul(tf.expandDims(place, 2), placed(frequency)), placed(phase)));
}

/** @param ratios [B,2] (x, y) of this level; @returns [B,h*w,D] */
function levelPositions([h, w]: LevelShape, ratios: tf.Tensor2D, width: number): tf.Tensor3D {
  const batch = ratios.shape[0];
  const [x, y] = tf.split(ratios, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  const rows = halfPositions(h, tf.round(tf.mul(y, h)), width, 'rows');
  const columns = halfPositions(w, tf.round(tf.mul(x, w)), width, 'columns');
  const all = tf.add(tf.reshape(rows, [batch, h, 1, width]), tf.reshape(columns, [batch, 1, w, width]));
  return tf.reshape(all, [batch, h * w, width]);
}

/** Run inside tf.tidy; no gradient. @param mask [B,H,W] 1 = pixel, 0 = padding; @returns mask [B,N] and ratios [B,levels,2] */
export function maskLevels(
  mask: tf.Tensor3D,
  shapes: readonly LevelShape[],
): Required<Pick<Memory, 'mask' | 'ratios'>> {
  const each = shapes.map((shape) => cellMask(mask, shape));
  return untraced(() => ({
    mask: tf.concat(
      each.map((level) => level.mask),
      1,
    ),
    ratios: tf.concat(
      each.map((level) => level.ratios),
      1,
    ),
  }));
}

type Whole = Pick<Memory, 'shapes' | 'ratios'>;

/** Sine positions, normalised by the part of each level on the image: [B,N,D], [1,N,D] without padding. Run inside tf.tidy; no gradient. */
export function positionsOf({ shapes, ratios }: Whole, width: number): tf.Tensor3D {
  return untraced(() => {
    const own = ratios && (tf.unstack(ratios, 1) as tf.Tensor2D[]);
    const each = shapes.map((shape, level) => levelPositions(shape, own?.[level] ?? tf.ones([1, 2]), width));
    return tf.concat(each, 1);
  });
}

/** Centres (x, y) of all cells as fractions of the image: [B,N,2], [1,N,2] without padding. Run inside tf.tidy; no gradient. */
export function centresOf({ shapes, ratios }: Whole): tf.Tensor3D {
  return untraced(() => {
    const levels = levelOfCells(shapes);
    const centres = tf.tensor3d(centresInLevels(shapes), [1, levels.length, 2]);
    return ratios ? tf.div(centres, tf.gather(ratios, tf.tensor1d(levels, 'int32'), 1)) : centres;
  });
}
