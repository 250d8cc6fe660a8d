/**
 * Overlap of pairs of boxes with gradients: IoU and generalised IoU (arXiv 1902.09630). In plain numbers: src/lib/box-overlap.ts.
 *
 * S sets, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import { LEAST_AREA } from '../lib/box-overlap';

interface Edges {
  low: tf.Tensor3D;
  high: tf.Tensor3D;
  size: tf.Tensor3D;
}

function edgesOf(boxes: tf.Tensor3D): Edges {
  const [centre, size] = tf.split(boxes, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const half = tf.mul(size, 0.5);
  return { low: tf.sub(centre, half), high: tf.add(centre, half), size };
}

/** Width times height [S,Q]; negative sides count as zero. @param sides [S,Q,2] */
function area(sides: tf.Tensor3D): tf.Tensor2D {
  const [width, height] = tf.split(tf.relu(sides), 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  return tf.squeeze(tf.mul(width, height), [2]);
}

/**
 * Overlap of each box with the one at the same place.
 * @param a @param b [S,Q,4] cxcywh as fractions
 * @returns iou and giou [S,Q]
 */
export function overlaps(a: tf.Tensor3D, b: tf.Tensor3D): { iou: tf.Tensor2D; giou: tf.Tensor2D } {
  const [one, two] = [edgesOf(a), edgesOf(b)];
  const inside = area(tf.sub(tf.minimum(one.high, two.high), tf.maximum(one.low, two.low)) as tf.Tensor3D);
  const hull = area(tf.sub(tf.maximum(one.high, two.high), tf.minimum(one.low, two.low)) as tf.Tensor3D);
  const union = tf.sub(tf.add(area(one.size), area(two.size)), inside);
  const iou = tf.div(inside, tf.maximum(union, LEAST_AREA)) as tf.Tensor2D;
  const wasted = tf.div(tf.sub(hull, union), tf.maximum(hull, LEAST_AREA));
  return { iou, giou: tf.sub(iou, wasted) };
}
