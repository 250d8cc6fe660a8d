/**
 * Rows of an episode: the rollouts of an image follow each other, and share what belongs to the image.
 *
 * B images, G rollouts of an image, R = B G rows, Q queries, W any width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/tape';

/** [B,Q,W] -> [R,Q,W], each image's rows one after another, without gradient. @param rollouts G */
export function repeated(x: tf.Tensor3D, rollouts: number): tf.Tensor3D {
  return shared(stopGradient(x), rollouts);
}

/** As `repeated`, with the gradient, which adds up over the rollouts. */
export function shared(x: tf.Tensor3D, rollouts: number): tf.Tensor3D {
  if (rollouts === 1) return x;
  const [batch, queries, width] = x.shape;
  const wide = tf.tile(tf.reshape(x, [batch, 1, queries * width]), [1, rollouts, 1]);
  return tf.reshape(wide, [batch * rollouts, queries, width]);
}

/** [R,Q,W] -> [B,G Q,W]: all queries of one image side by side, as its memory meets them. @param images B */
export function grouped(x: tf.Tensor3D, images: number): tf.Tensor3D {
  const [rows, queries, width] = x.shape;
  return rows === images ? x : tf.reshape(x, [images, (rows / images) * queries, width]);
}
