/**
 * Distillation into softmax scores: the divergence (Hinton et al., arXiv 1503.02531, at temperature 1) of what a query says from the
 * teacher's scores for its box, where what they leave of 1 is "no object"; a query without a taught box is to say "no object".
 *
 * R rows (a layer of an image each), Q queries, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../kernels/untraced';

/** Takes a column out of a softmax. */
const OUT = -1e9;
const LEAST = 1e-9;

export interface SoftTargets {
  /** [R,Q,C] scores 0..1, zeros where a query stands for nothing; of a sigmoid teacher they may add up to more than 1. */
  scores: tf.Tensor3D;
  /** [R,Q] above 0 where the query stands for a taught box. */
  weight: tf.Tensor2D;
}

/** [R,Q,C+1] distributions. */
function distributions(scores: tf.Tensor3D): tf.Tensor3D {
  const sum = tf.sum(scores, 2, true);
  const none = tf.relu(tf.sub(1, sum));
  return tf.concat([tf.div(scores, tf.maximum(sum, 1)), none], 2) as tf.Tensor3D;
}

/**
 * @param logits [R,Q,C+1]
 * @param noObject weight of a query that stands for nothing; the weights of a row add up to 1
 * @param known [C] 1 for the classes that the teacher speaks of; the others are left out of the comparison
 * @returns the sum over the rows; gradient to the logits
 */
export function softmaxDivergence(
  logits: tf.Tensor3D,
  { scores, weight }: SoftTargets,
  noObject: number,
  known?: Float32Array,
): tf.Scalar {
  const { wanted, share, own } = untraced(() => {
    const present = tf.where(tf.greater(weight, 0), tf.onesLike(weight), tf.zerosLike(weight));
    const each = tf.add(present, tf.mul(tf.sub(1, present), noObject));
    const target = distributions(scores);
    return {
      wanted: target,
      share: tf.div(each, tf.maximum(tf.sum(each, 1, true), LEAST)),
      own: tf.sum(tf.mul(target, tf.log(tf.maximum(target, LEAST))), 2),
    };
  });
  const compared = known
    ? tf.add(logits, tf.tensor3d([...known.map((one) => (one ? 0 : OUT)), 0], [1, 1, known.length + 1]))
    : logits;
  const crossEntropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(compared), wanted), 2));
  return tf.sum(tf.mul(tf.add(crossEntropy, own), share));
}
