/**
 * Deformable attention around boxes (Deformable DETR, arXiv 2010.04159, eq. 3, with RT-DETRv2's and D-FINE's scaling of offsets).
 *
 * B batch, Q queries, N tokens, D width, M heads, K sampling points of a head over all levels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deformableAttention } from '../kernels/deformable-attention/op';
import { softmax } from '../kernels/reduce/op';
import type { LevelShape } from './geometry';
import { linear } from './layers';
import type { Parameters } from './parameters';

export interface BoxSampling {
  heads: number;
  /** Sampling points of each level; their sum is K. */
  points: readonly number[];
  shapes: readonly LevelShape[];
}

/** An offset of 1 is this part of the box, divided by the level's number of points. */
const OFFSET_SCALE = 0.5;

/** [1,1,1,K,1]: 0.5 / points of each sample's level. */
function offsetScale(points: readonly number[]): tf.Tensor {
  const scales = points.flatMap((count) => Array<number>(count).fill(OFFSET_SCALE / count));
  return tf.tensor(scales, [1, 1, 1, scales.length, 1]);
}

/**
 * @param names parameters of the two linears over the query: offsets [D, M*K*2] and weights [D, M*K]
 * @param query [B,Q,D]
 * @param boxes [B,Q,4] cxcywh as fractions
 * @param value [B,N,D]
 * @returns [B,Q,D], before any output projection
 */
export function attendAroundBoxes(
  p: Parameters,
  names: { offsets: string; weights: string },
  query: tf.Tensor3D,
  boxes: tf.Tensor3D,
  value: tf.Tensor3D,
  { heads, points, shapes }: BoxSampling,
): tf.Tensor3D {
  const [batch, queries] = query.shape;
  const samples = points.reduce((sum, count) => sum + count, 0);
  const box = tf.reshape(boxes, [batch, queries, 1, 1, 4]);
  const [centre, size] = tf.split(box, 2, 4) as [tf.Tensor, tf.Tensor];
  const offsets = tf.reshape(linear(p, names.offsets, query), [batch, queries, heads, samples, 2]);
  const locations = tf.add(centre, tf.mul(offsets, tf.mul(offsetScale(points), size)));
  const weights = softmax(tf.reshape(linear(p, names.weights, query), [batch, queries, heads, samples]));
  return deformableAttention(value, locations as tf.Tensor5D, weights as tf.Tensor4D, { shapes, points });
}
