/**
 * Deformable attention around boxes (Deformable DETR, arXiv 2010.04159, eq. 3) with RT-DETRv2's points per level and its
 * discrete sampling (arXiv 2407.17140, section 3.1), which reads one cell instead of mixing four.
 *
 * B batch, Q queries, N memory tokens, D width, M heads, K sampling points of a head over all levels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deformableAttention } from '../../kernels/deformable-attention/op';
import { softmax } from '../../kernels/reduce/op';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';
import { linear } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';

export interface SamplingConfig {
  /** M */
  readonly heads: number;
  /** Of each level; their sum is K. */
  readonly points: readonly number[];
  readonly offsetScale: number;
  readonly discrete: boolean;
}

/** Where a query looked, and how much it took from there. */
export interface Looked {
  /** [B,Q,M,K,2] (x, y) as fractions of the image. */
  places: tf.Tensor5D;
  /** [B,Q,M,K] */
  weights: tf.Tensor4D;
}

/** [1,1,1,K,W]: each level's numbers, once for each of its points. */
function ofEachPoint(points: readonly number[], numbers: (level: number) => readonly number[]): tf.Tensor {
  const rows = points.flatMap((count, level) => Array.from({ length: count }, () => numbers(level)));
  return tf.tensor(rows.flat(), [1, 1, 1, rows.length, rows[0]!.length]);
}

/**
 * The middle of the cell that x w + 0.5 cuts down to, kept on the image: there the bilinear sample is that cell alone. Without
 * gradient, as the reference's integers.
 * @param places [B,Q,M,K,2]
 */
export function nearestCells(
  places: tf.Tensor5D,
  points: readonly number[],
  shapes: readonly LevelShape[],
): tf.Tensor5D {
  return untraced(() => {
    const cells = ofEachPoint(points, (level) => [shapes[level]![1], shapes[level]![0]]);
    const cell = tf.floor(tf.add(tf.mul(places, cells), 0.5));
    const kept = tf.minimum(tf.maximum(cell, 0), tf.sub(cells, 1));
    return tf.div(tf.add(kept, 0.5), cells);
  });
}

/**
 * @param name of <name>.sampling_offsets [D, M*K*2] and <name>.attention_weights [D, M*K]
 * @param asking [B,Q,D] queries with their position
 * @param boxes [B,Q,4] cxcywh as fractions
 * @returns [B,Q,M,K,2] and [B,Q,M,K]
 */
export function lookAround(
  p: Parameters,
  name: string,
  { heads, points, offsetScale, discrete }: SamplingConfig,
  shapes: readonly LevelShape[],
  asking: tf.Tensor3D,
  boxes: tf.Tensor3D,
): Looked {
  const [batch, queries] = asking.shape;
  const samples = points.reduce((sum, count) => sum + count, 0);
  const [centre, size] = tf.split(tf.reshape(boxes, [batch, queries, 1, 1, 4]), 2, 4) as [tf.Tensor, tf.Tensor];
  const offsets = tf.reshape(linear(p, `${name}.sampling_offsets`, asking), [batch, queries, heads, samples, 2]);
  const scale = ofEachPoint(points, (level) => [offsetScale / points[level]!]);
  const places = tf.add(centre, tf.mul(offsets, tf.mul(scale, size))) as tf.Tensor5D;
  const scores = tf.reshape(linear(p, `${name}.attention_weights`, asking), [batch, queries, heads, samples]);
  return {
    places: discrete ? nearestCells(places, points, shapes) : places,
    weights: softmax(scores) as tf.Tensor4D,
  };
}

/** @param value [B,N,D] @returns [B,Q,D], before the output projection */
export function gather(
  value: tf.Tensor3D,
  { places, weights }: Looked,
  { points }: SamplingConfig,
  shapes: readonly LevelShape[],
): tf.Tensor3D {
  return deformableAttention(value, places, weights, { shapes, points });
}
