/**
 * Fine-grained distribution refinement (D-FINE, arXiv 2410.13842, section 4.1): a box is an initial box whose edges move by the
 * expected offset of a distribution over bins; layers add to the logits of the edges.
 *
 * B batch, Q queries, n + 1 bins of an edge, k top probabilities.
 */
import * as tf from '@tensorflow/tfjs-core';
import { edgeDistribution } from '../../kernels/edge-distribution/op';
import { softmax } from '../../kernels/reduce/op';

/** What a bin stands for. */
export interface EdgeScale {
  /** [n + 1] W(n) */
  weights: tf.Tensor1D;
  /** An offset of 1 is this part of the box's side: c of W(n), positive. */
  scale: number;
}

/**
 * W(n) (D-FINE, eq. 3): offsets of an edge that the bins stand for, 0 in the middle, growing outwards.
 * @param bins n, even @param up a, @param scale c; @returns n + 1 numbers
 */
export function weightingFunction(bins: number, up: number, scale: number): Float32Array {
  const bound = Math.abs(up) * Math.abs(scale);
  const step = (bound + 1) ** (2 / (bins - 2));
  const half = Array.from({ length: bins / 2 - 1 }, (_, i) => step ** (i + 1) - 1);
  return Float32Array.from([-2 * bound, ...half.map((v) => -v).reverse(), 0, ...half, 2 * bound]);
}

/**
 * The initial box moved by four edge offsets (D-FINE, eq. 2): each edge by offset * size / scale.
 * @param box [B,Q,4] cxcywh, @param offsets [B,Q,4] left, top, right, bottom; @returns [B,Q,4] cxcywh
 */
function moveEdges(box: tf.Tensor3D, offsets: tf.Tensor3D, scale: number): tf.Tensor3D {
  const [centre, size] = tf.split(box, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const [near, far] = tf.split(offsets, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const shift = tf.mul(tf.sub(far, near), 0.5 / scale);
  const growth = tf.mul(tf.add(far, near), 1 / scale);
  const moved: tf.Tensor3D[] = [tf.add(centre, tf.mul(shift, size)), tf.add(size, tf.mul(growth, size))];
  return tf.concat(moved, 2);
}

/**
 * @param corners [B,Q,4(n+1)] logits of the edges: left, top, right, bottom
 * @param initial [B,Q,4] cxcywh, the boxes that all layers move
 * @returns boxes [B,Q,4] cxcywh, and how sure the edges are [B,Q,4(k+1)]: of each the k highest probabilities and their mean
 */
export function readEdges(
  corners: tf.Tensor3D,
  initial: tf.Tensor3D,
  { weights, scale }: EdgeScale,
  top: number,
): { boxes: tf.Tensor3D; confidence: tf.Tensor3D } {
  const [batch, queries] = corners.shape;
  const edges = edgeDistribution(tf.reshape(corners, [batch, queries, 4, weights.size]), weights, top);
  const [offsets, confidence] = tf.split(edges, [1, top + 1], 3) as [tf.Tensor, tf.Tensor];
  return {
    boxes: moveEdges(initial, tf.reshape(offsets, [batch, queries, 4]), scale),
    confidence: tf.reshape(confidence, [batch, queries, 4 * (top + 1)]),
  };
}

/** [n+1] what the bins stand for, in parts of the box's sides. */
export const edgeOffsets = ({ weights, scale }: EdgeScale): tf.Tensor1D => tf.div(weights, scale);

/** Probabilities of the bins [B,Q,4,n+1]. @param corners [B,Q,4(n+1)] @param bins n */
export function edgeProbabilities(corners: tf.Tensor3D, bins: number): tf.Tensor4D {
  const [batch, queries] = corners.shape;
  return softmax(tf.reshape(corners, [batch, queries, 4, bins + 1])) as tf.Tensor4D;
}
