/**
 * Policy losses with gradients (../shared/design/rl.md; ../shared/reference/rl_reference.py). The log probabilities and the
 * Gaussian KL are in src/nn/gaussian.ts.
 *
 * [...] any shape, the same for all arguments of a call; advantages and old log probabilities are constants.
 */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/tape';

/** REINFORCE (Williams 1992): mean of -A log pi. */
export function reinforceLoss(logProb: tf.Tensor, advantage: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(tf.mul(logProb, stopGradient(advantage)))) as tf.Scalar;
}

/** pi / pi_old. */
export function policyRatio(logProb: tf.Tensor, oldLogProb: tf.Tensor): tf.Tensor {
  return tf.exp(tf.sub(logProb, stopGradient(oldLogProb)));
}

/** PPO (arXiv 1707.06347, equation 7): mean of -min(rho A, clip(rho, 1 - clip, 1 + clip) A). */
export function clippedPolicyLoss(
  logProb: tf.Tensor,
  oldLogProb: tf.Tensor,
  advantage: tf.Tensor,
  clip: number,
): tf.Scalar {
  const ratio = policyRatio(logProb, oldLogProb);
  const weight = stopGradient(advantage);
  const clipped = tf.mul(tf.clipByValue(ratio, 1 - clip, 1 + clip), weight);
  return tf.neg(tf.mean(tf.minimum(tf.mul(ratio, weight), clipped))) as tf.Scalar;
}

/** Share of ratios (plain numbers) outside 1 - clip .. 1 + clip; a ratio that is not a number counts as outside. */
export function clipShare(ratios: ArrayLike<number>, clip: number): number {
  let outside = 0;
  for (let i = 0; i < ratios.length; i++) if (!(Math.abs(ratios[i]! - 1) <= clip)) outside++;
  return ratios.length > 0 ? outside / ratios.length : 0;
}
