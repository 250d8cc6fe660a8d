/** A convolution with its epilogue: one program, or, while a gradient is traced, the sums and then the epilogue. */
import * as tf from '@tensorflow/tfjs-core';
import { applyEpilogue, isTraced } from '../epilogue/op';
import { NO_EPILOGUE } from '../epilogue/program';
import { explicitPadding, fusedInputs, kernelAttributes, reach, type DilatedOptions, type Shape4D } from './geometry';
import { WIDEST_KERNEL } from './program';

/**
 * The filter [kh,kw,I,O] with the zeros between its taps written out: a dilated convolution as an ordinary one, since TF.js has
 * no gradient of a dilated one.
 */
function spread(filter: tf.Tensor4D, dilation: number): tf.Tensor4D {
  if (dilation === 1) return filter;
  const [kh, kw, input, output] = filter.shape;
  const gap: [number, number] = [0, dilation - 1];
  const apart = tf.reshape(filter, [kh, 1, kw, input * output]);
  const rows = tf.reshape(tf.pad(apart, [[0, 0], gap, [0, 0], [0, 0]]), [kh * dilation, kw, 1, input * output]);
  const cells: tf.Tensor4D = tf.reshape(tf.pad(rows, [[0, 0], [0, 0], gap, [0, 0]]), [
    kh * dilation,
    kw * dilation,
    input,
    output,
  ]);
  return tf.slice4d(cells, [0, 0, 0, 0], [reach(kh, dilation), reach(kw, dilation), input, output]);
}

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
  options: DilatedOptions,
): tf.Tensor4D {
  const { strides, padding, dilation = 1 } = options;
  if (tf.getBackend() !== 'webgpu' || reach(filter.shape[1], dilation) > WIDEST_KERNEL) {
    return tf.tidy(
      () =>
        applyEpilogue(
          plain(x, spread(filter, dilation), [...strides], explicitPadding(padding)),
          options,
        ) as tf.Tensor4D,
    );
  }
  const attributes = kernelAttributes(options, outShape);
  if (!isTraced()) return tf.engine().runKernel(kernelName, fusedInputs(x, filter, options), attributes);
  const sums: tf.Tensor4D = tf.engine().runKernel(kernelName, { x, weight: filter }, { ...attributes, ...NO_EPILOGUE });
  return applyEpilogue(sums, options) as tf.Tensor4D;
}
