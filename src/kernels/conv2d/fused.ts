/** A convolution with its epilogue: one program, or, while a gradient is traced, the sums and then the epilogue. */
import * as tf from '@tensorflow/tfjs-core';
import { applyEpilogue, isTraced } from '../epilogue/op';
import { NO_EPILOGUE } from '../epilogue/program';
import { explicitPadding, fusedInputs, kernelAttributes, type ConvolutionOptions, type Shape4D } from './geometry';
import { WIDEST_KERNEL } from './program';

/** TF.js's own convolution of the same kind, for other backends (those of WebAssembly are fast) and wide kernels. */
export type PlainConvolution = (
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  strides: [number, number],
  padding: tf.backend_util.ExplicitPadding,
) => tf.Tensor4D;

/** @param kernelName our WebGPU kernel; @param outShape checked against the options by the caller */
export function convolve(
  kernelName: string,
  plain: PlainConvolution,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  outShape: Shape4D,
  options: ConvolutionOptions,
): tf.Tensor4D {
  if (tf.getBackend() !== 'webgpu' || filter.shape[1] > WIDEST_KERNEL) {
    const { strides, padding } = options;
    return tf.tidy(
      () => applyEpilogue(plain(x, filter, [...strides], explicitPadding(padding)), options) as tf.Tensor4D,
    );
  }
  const attributes = kernelAttributes(options, outShape);
  if (!isTraced()) return tf.engine().runKernel(kernelName, fusedInputs(x, filter, options), attributes);
  const sums: tf.Tensor4D = tf.engine().runKernel(kernelName, { x, weight: filter }, { ...attributes, ...NO_EPILOGUE });
  return applyEpilogue(sums, options) as tf.Tensor4D;
}
