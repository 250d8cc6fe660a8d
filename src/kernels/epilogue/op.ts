/**
 * What may follow a convolution or a matrix product in the same program:
 * out = activation(y + bias) * scale + shift + residual.
 *
 * O channels, the last axis.
 */
import * as tf from '@tensorflow/tfjs-core';

export const ACTIVATIONS = ['none', 'relu', 'relu6', 'silu', 'hardswish', 'sigmoid', 'hardsigmoid', 'gelu'] as const;

/** `hardswish` and `hardsigmoid` as in MobileNetV3 (arXiv 1905.02244, section 5.2); `gelu` is the exact one, with erf. */
export type Activation = (typeof ACTIVATIONS)[number];

export interface Epilogue {
  /** [O] */
  bias?: tf.Tensor1D;
  activation?: Activation;
  /** Of the learnable affine block (HGNetV2); default 1. */
  scale?: number;
  /** Of the same block; default 0. */
  shift?: number;
  /** Of the output's shape; added last. */
  residual?: tf.Tensor;
}

/** True while TF.js records for a gradient: then fused programs, which have none, give way to separate operations. */
export function isTraced(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

const hardSigmoid = (x: tf.Tensor): tf.Tensor => tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6);

const APPLY: Record<Activation, (x: tf.Tensor) => tf.Tensor> = {
  none: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  hardswish: (x) => tf.mul(x, hardSigmoid(x)),
  sigmoid: (x) => tf.sigmoid(x),
  hardsigmoid: hardSigmoid,
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
};

/** The epilogue as TF.js operations with gradients, on every backend. */
export function applyEpilogue(
  y: tf.Tensor,
  { bias, activation = 'none', scale = 1, shift = 0, residual }: Epilogue,
): tf.Tensor {
  let out = APPLY[activation](bias ? tf.add(y, bias) : y);
  if (scale !== 1) out = tf.mul(out, scale);
  if (shift !== 0) out = tf.add(out, shift);
  return residual ? tf.add(out, residual) : out;
}
