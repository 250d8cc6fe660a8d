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

/**
 * Runs `work` recorded although it is inside `untraced`, where a gradient is under way: what it makes of parameters can be used again by
 * work that asks for their gradient.
 */
export function retraced<T>(work: () => T): T {
  const { state } = tf.engine();
  const { kernelDepth } = state;
  state.kernelDepth = 0;
  try {
    return work();
  } finally {
    state.kernelDepth = kernelDepth;
  }
}
