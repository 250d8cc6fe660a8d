/**
 * Group normalisation (arXiv 1803.08494, equations 1, 2 and 6).
 *
 * B batch, h x w cells, C channels, G groups of neighbouring channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { mean } from '../../kernels/reduce/op';
import type { Parameters } from '../../nn/parameters';

/** PyTorch's default. */
const EPSILON = 1e-5;

/** The mean of each channel's group over all cells: x [B,h,w,C] -> [B,1,1,C]. */
function groupMean(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  const each = channels / groups;
  // row by row first, so that many threads share a large map
  const ofChannels = mean(mean(x, 2), 1); // B,C
  const ofGroups = mean(tf.reshape(ofChannels, [batch, groups, each]), 2, true);
  return tf.reshape(tf.tile(ofGroups, [1, 1, each]), [batch, 1, 1, channels]);
}

/** x [B,h,w,C] by <name>.weight and <name>.bias [C]. @param groups a divisor of C */
export function groupNorm(p: Parameters, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const centred = tf.sub(x, groupMean(x, groups)) as tf.Tensor4D;
  const variance = groupMean(tf.square(centred), groups);
  const scale = tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), p.get(`${name}.weight`));
  return tf.add(tf.mul(centred, scale), p.get(`${name}.bias`));
}
