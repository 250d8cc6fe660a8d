/**
 * Softmax and reductions. Our programs take the place of TF.js's on WebGPU, which spend a workgroup with barriers on every
 * output: here that is one of a row's variants (../rows/sharing.ts). What they do not cover (integers, axes that are not neighbours)
 * goes to TF.js's.
 *
 * C the last axis.
 */
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace';
import { reductionOf, runReduction, runSoftmax } from './program';
import { registerReductionVariants } from './tunable';

/** Softmax over the last axis of x [..., C]; gradient to x. A row of -Infinity gives NaN: mask with -1e9. */
export function softmax<T extends tf.Tensor>(x: T): T {
  return tf.softmax(x);
}

/** Sum over `axes` (all when absent); gradient to x. */
export function sum(x: tf.Tensor, axes?: number | number[], keepDims = false): tf.Tensor {
  return tf.sum(x, axes, keepDims);
}

/** Mean over `axes` (all when absent); gradient to x. */
export function mean(x: tf.Tensor, axes?: number | number[], keepDims = false): tf.Tensor {
  return tf.mean(x, axes, keepDims);
}

/** Maximum over `axes` (all when absent); gradient to x, in full to each of several equal maxima. */
export function max(x: tf.Tensor, axes?: number | number[], keepDims = false): tf.Tensor {
  return tf.max(x, axes, keepDims);
}

function replaceReduction(
  kernelName: string,
  kind: 'sum' | 'mean' | 'max',
  axesName: 'axis' | 'reductionIndices',
): void {
  replaceKernel(kernelName, (backend, { x }, attributes) => {
    const axes = tf.util.parseAxisParam(attributes[axesName] as number | number[], x!.shape);
    const size = x!.dtype === 'float32' ? reductionOf(x!.shape, axes) : null;
    if (!size || size.length === 0) return null;
    const shape = x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
    const kept = attributes['keepDims'] ? shape : shape.filter((_, axis) => !axes.includes(axis));
    return { ...runReduction(backend, x!, size, kind), shape: kept };
  });
}

export function registerReductions(): void {
  registerReductionVariants();
  replaceReduction('Sum', 'sum', 'axis');
  replaceReduction('Mean', 'mean', 'axis');
  replaceReduction('Max', 'max', 'reductionIndices');
  replaceKernel('Softmax', (backend, { logits }) => {
    return logits!.dtype === 'float32' ? runSoftmax(backend, logits!) : null;
  });
}
