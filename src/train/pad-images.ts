/**
 * Images of unlike sizes as one batch, as DETR pads them (arXiv 2005.12872, section 3.2): zeros at the right and the bottom.
 *
 * B images, H x W the largest sides.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface PaddedImages {
  /** [B,H,W,3] */
  images: tf.Tensor4D;
  /** [B,H,W] 1 = pixel, 0 = padding; absent where all are of one size. */
  mask?: tf.Tensor3D;
}

/** @param views [1,h,w,3] each, at least one; they stay the caller's */
export function padImages(views: readonly tf.Tensor4D[]): PaddedImages {
  const height = Math.max(...views.map(({ shape }) => shape[1]));
  const width = Math.max(...views.map(({ shape }) => shape[2]));
  const rest = ({ shape }: tf.Tensor4D): [[number, number], [number, number]] => [
    [0, height - shape[1]],
    [0, width - shape[2]],
  ];
  const images = tf.tidy(() => tf.concat(views.map((view) => tf.pad4d(view, [[0, 0], ...rest(view), [0, 0]]))));
  if (views.every(({ shape }) => shape[1] === height && shape[2] === width)) return { images };
  const mask = tf.tidy(() =>
    tf.concat(views.map((view) => tf.pad3d(tf.ones([1, view.shape[1], view.shape[2]]), [[0, 0], ...rest(view)]))),
  );
  return { images, mask };
}
