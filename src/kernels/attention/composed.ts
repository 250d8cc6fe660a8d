/**
 * Attention of separate operations, whose scores are in memory: where the fused programs do not fit, and without WebGPU. Also
 * the weights themselves, which the fused programs never have.
 *
 * Targets do not see each other's scores, so that scores which are larger than a buffer are computed a strip of targets at a
 * time, with the same result: 3,350 targets and sources have 359 MB of them over 8 heads, and a dispatch over a buffer's
 * limit leaves zeros.
 *
 * B batch, T targets, S sources, D width, M heads, d = D / M.
 */
import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../matmul/op';
import { softmax } from '../reduce/op';
import { untraced } from '../untraced';

/** [B,T,D] -> [B*M,T,d] */
function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [batch, tokens, width] = x.shape;
  const split = tf.reshape(x, [batch, tokens, heads, width / heads]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [batch * heads, tokens, width / heads]); // B,T,M,d -> B,M,T,d
}

/** [B*M,T,d] -> [B,T,D] */
function joinHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [rows, tokens, width] = x.shape;
  const split = tf.reshape(x, [rows / heads, heads, tokens, width]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [rows / heads, tokens, heads * width]); // B,M,T,d -> B,T,M,d
}

/** Added to the scores of tokens that are not to be seen: their weight is 0, and a row of them alone is no NaN. */
const UNSEEN = -1e9;

/** scores [B*M,T,S] less a billion where keyMask [B,S] is 0. */
function masked(scores: tf.Tensor3D, keyMask: tf.Tensor2D): tf.Tensor3D {
  const [batch, source] = keyMask.shape;
  const [rows, tokens] = scores.shape;
  const hidden = untraced(() => tf.reshape(tf.mul(tf.sub(1, keyMask), UNSEEN), [batch, 1, 1, source]));
  const apart = tf.reshape(scores, [batch, rows / batch, tokens, source]);
  return tf.reshape(tf.add(apart, hidden), [rows, tokens, source]);
}

/** softmax(q k / sqrt(d)) [B*M,T,S] of every head. */
function weightsOf(q: tf.Tensor3D, k: tf.Tensor3D, heads: number, keyMask?: tf.Tensor2D): tf.Tensor3D {
  const scale = 1 / Math.sqrt(q.shape[2] / heads);
  const scores = matMul(splitHeads(tf.mul(q, scale), heads), splitHeads(k, heads), false, true) as tf.Tensor3D;
  return softmax(keyMask ? masked(scores, keyMask) : scores);
}

/**
 * What each target looks at.
 * @param q [B,T,D] @param k [B,S,D]
 * @param keyMask [B,S] 1 for a source that is seen
 * @returns [B,M,T,S], rows of sum 1; gradients to q and k
 */
export function attentionWeights(q: tf.Tensor3D, k: tf.Tensor3D, heads: number, keyMask?: tf.Tensor2D): tf.Tensor4D {
  const [batch, targets] = q.shape;
  return tf.tidy(() => tf.reshape(weightsOf(q, k, heads, keyMask), [batch, heads, targets, k.shape[1]]));
}

/**
 * @param q [B,T,D] @param k @param v [B,S,D]
 * @param keyMask [B,S] 1 for a source that is seen
 * @returns [B,T,D]; all scores are in memory at once
 */
export function composedAttention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  keyMask?: tf.Tensor2D,
): tf.Tensor3D {
  const weights = weightsOf(q, k, heads, keyMask);
  return joinHeads(matMul(weights, splitHeads(v, heads)) as tf.Tensor3D, heads);
}

/** Numbers in 128 MiB, the least that a WebGPU device grants a binding (WebGPU, section 3.6.2). */
const MOST_SCORES = 2 ** 25;

/** Targets of a strip. @param perTarget numbers that each makes, B M S */
export function stripLength(targets: number, perTarget: number, most: number): number {
  return Math.max(1, Math.min(targets, Math.floor(most / perTarget)));
}

/**
 * `composedAttention` for any T.
 * @param most numbers that the scores of a strip may have
 * @returns [B,T,D]; gradients to q, k and v
 */
export function attentionInStrips(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  keyMask?: tf.Tensor2D,
  most: number = MOST_SCORES,
): tf.Tensor3D {
  const [batch, targets] = q.shape;
  const length = stripLength(targets, batch * heads * k.shape[1], most);
  if (length >= targets) return composedAttention(q, k, v, heads, keyMask);
  const strips: tf.Tensor3D[] = [];
  for (let first = 0; first < targets; first += length) {
    const own = tf.slice(q, [0, first, 0], [-1, Math.min(length, targets - first), -1]);
    strips.push(composedAttention(own, k, v, heads, keyMask));
  }
  return tf.concat(strips, 1);
}
