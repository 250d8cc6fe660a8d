/** A sine that does not depend on the adapter: SwiftShader's own is off by 1e-4, which moves sampling points across cells. */
import * as tf from '@tensorflow/tfjs-core';

/** pi in two parts; the first has so few bits that its multiples are exact (Cody and Waite, 1980). */
const PI_HIGH = 3.140625;
const PI_LOW = Math.PI - PI_HIGH;
/** Taylor's, up to r^11 / 11!: below 6e-8 for |r| <= pi / 2. */
const TERMS = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800];

/** sin(x) within 5e-7 for |x| up to 100. No gradient of its own kind: it is that of the polynomial, cos(x). */
export function sine<T extends tf.Tensor>(x: T): T {
  const turns = tf.floor(tf.add(tf.div(x, Math.PI), 0.5));
  const r = tf.sub(tf.sub(x, tf.mul(turns, PI_HIGH)), tf.mul(turns, PI_LOW));
  const square = tf.square(r);
  const series = TERMS.reduceRight<tf.Tensor>((sum, term) => tf.add(tf.mul(sum, square), term), tf.scalar(0));
  const half = tf.mul(turns, 0.5);
  // 1 for even turns, -1 for odd ones
  const sign = tf.sub(1, tf.mul(4, tf.sub(half, tf.floor(half))));
  return tf.mul(tf.mul(r, series), sign) as T;
}
