/**
 * The policy's diagonal Gaussian. Everything is a mean over D, not a sum, so that a ratio of two probabilities does not
 * explode with the width (a length-normalised ratio, as in GSPO, arXiv 2507.18071).
 *
 * D width; leading axes [...] are any.
 */
import * as tf from '@tensorflow/tfjs-core';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

const meanOverWidth = (x: tf.Tensor): tf.Tensor => tf.mean(x, x.rank - 1);

/** mean + exp(logStd) noise. @param mean @param noise [..., D] @param logStd [D] */
export function gaussianSample<T extends tf.Tensor>(mean: T, logStd: tf.Tensor1D, noise: T): T {
  return tf.add(mean, tf.mul(noise, tf.exp(logStd)));
}

/**
 * Log density of `action` by Normal(mean, exp(logStd)^2), mean over D. Gradient to mean and logStd; the action is a constant.
 * @param action @param mean [..., D] @param logStd [D]
 * @returns [...]
 */
export function gaussianLogProb(action: tf.Tensor, mean: tf.Tensor, logStd: tf.Tensor1D): tf.Tensor {
  const z = tf.mul(tf.sub(action, mean), tf.exp(tf.neg(logStd)));
  // the terms of logStd alone are the same for every row
  const spread = tf.add(tf.mean(logStd), HALF_LOG_TWO_PI);
  return tf.sub(tf.mul(meanOverWidth(tf.square(z)), -0.5), spread);
}

/**
 * KL(current || reference) of two diagonal Gaussians, mean over D. Gradient to all four.
 * @param mean @param refMean [..., D] @param logStd @param refLogStd [D]
 * @returns [...]
 */
export function gaussianKl(
  mean: tf.Tensor,
  logStd: tf.Tensor1D,
  refMean: tf.Tensor,
  refLogStd: tf.Tensor1D,
): tf.Tensor {
  const precision = tf.exp(tf.mul(refLogStd, -2)); // 1 / reference variance
  const moved = meanOverWidth(tf.mul(tf.square(tf.sub(mean, refMean)), precision));
  const widened = tf.mean(tf.mul(tf.exp(tf.mul(logStd, 2)), precision));
  const apart = tf.mean(tf.sub(refLogStd, logStd));
  return tf.add(tf.mul(tf.add(moved, widened), 0.5), tf.sub(apart, 0.5));
}
