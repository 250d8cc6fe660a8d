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
  return rollouts === 1 ? x : tiled(rollouts)(x);
}

/** The gradient as one sum: TF.js's own of a tile is a slice and an addition for every copy. */
function tiled(rollouts: number): (x: tf.Tensor3D) => tf.Tensor3D {
  return tf.customGrad((given) => {
    const x = given as tf.Tensor3D;
    const [batch, queries, width] = x.shape;
    const wide = tf.tile(tf.reshape(x, [batch, 1, queries * width]), [1, rollouts, 1]);
    const gradFunc = (dy: tf.Tensor): tf.Tensor =>
      tf.reshape(tf.sum(tf.reshape(dy, [batch, rollouts, queries * width]), 1), x.shape);
    return { value: tf.reshape(wide, [batch * rollouts, queries, width]), gradFunc };
  }) as (x: tf.Tensor3D) => tf.Tensor3D;
}

/** [R,Q,W] -> [B,G Q,W]: all queries of one image side by side, as its memory meets them. @param images B */
export function grouped(x: tf.Tensor3D, images: number): tf.Tensor3D {
  const [rows, queries, width] = x.shape;
  return rows === images ? x : tf.reshape(x, [images, (rows / images) * queries, width]);
}
