/**
 * Attention whose scores may be larger than a buffer: targets do not see each other's scores, so that they can be computed a
 * strip of targets at a time, with the same result. DETR's dilated form has 3,350 cells for a photo of 800 x 1066, whose
 * scores over 8 heads are 359 MB, and a dispatch over a buffer's limit leaves zeros.
 *
 * B batch, T targets, S sources, D width, M heads.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attend, type AttendOptions } from '../layers';

/** Numbers in 128 MiB, the least that a WebGPU device grants a binding (WebGPU, section 3.6.2). */
export const MOST_SCORES = 2 ** 25;

/** Targets of a strip. @param perTarget numbers that each makes, B M S */
export function stripLength(targets: number, perTarget: number, most: number): number {
  return Math.max(1, Math.min(targets, Math.floor(most / perTarget)));
}

/**
 * `attend` without its weights, for any T.
 * @param q [B,T,D] @param k @param v [B,S,D]
 * @param most numbers that the scores of a strip may have
 * @returns [B,T,D]; gradients to q, k and v
 */
export function attendInStrips(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  options: Pick<AttendOptions, 'keyMask'> = {},
  most: number = MOST_SCORES,
): tf.Tensor3D {
  const [batch, targets] = q.shape;
  const length = stripLength(targets, batch * heads * k.shape[1], most);
  if (length >= targets) return attend(q, k, v, heads, options).mixed;
  const strips: tf.Tensor3D[] = [];
  for (let first = 0; first < targets; first += length) {
    const own = tf.slice(q, [0, first, 0], [-1, Math.min(length, targets - first), -1]);
    strips.push(attend(own, k, v, heads, options).mixed);
  }
  return tf.concat(strips, 1);
}
