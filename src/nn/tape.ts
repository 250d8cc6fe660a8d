/** Values that no gradient goes through. */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../kernels/untraced';

/** The same values with no gradient behind them (torch's detach). */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return untraced(() => tf.clone(x));
}
