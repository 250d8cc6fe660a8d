/** Long chains of layers without all that they make on their way in memory at once. */
import * as tf from '@tensorflow/tfjs-core';
import { submitWhenHeld } from '../kernels/submit';
import { piecewise } from './checkpointing';

/** Bytes of what was freed that may wait for the next submission. */
const HELD = 64 * 2 ** 20;

/**
 * Runs steps one after another. What a step makes on its way is freed when it is done, what it hands on when the next has read it;
 * what a gradient needs stays (of a checkpointed step its input alone: checkpointing.ts). Run inside tf.tidy.
 * @param x stays the caller's
 */
export function chain<T extends tf.Tensor>(x: T, steps: readonly ((x: T) => T)[]): T {
  return steps.reduce((y, step) => {
    const next = tf.tidy(() => piecewise(step, y));
    if (y !== x && next !== y) y.dispose();
    submitWhenHeld(HELD);
    return next;
  }, x);
}
