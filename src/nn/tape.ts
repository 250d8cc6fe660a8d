/** What must not be traced: TF.js's tape would ask for gradients of comparisons and index operations. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs `work` with the tape off: masks and indices computed from traced tensors. */
export function untraced<T>(work: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return work();
  } finally {
    state.kernelDepth--;
  }
}

/** The same values with no gradient behind them (torch's detach). */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return untraced(() => tf.clone(x));
}
