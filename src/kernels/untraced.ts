/** Work that no gradient is asked of. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `work` without recording it, as TF.js does inside a kernel: for masks and indices made from traced tensors, whose
 * kernels have no gradient.
 */
export function untraced<T>(work: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return work();
  } finally {
    state.kernelDepth--;
  }
}
