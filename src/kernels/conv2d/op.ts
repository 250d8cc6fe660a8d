/**
 * 2D convolution with everything that usually follows it in one program.
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Activation } from '../epilogue/op';
import { linear } from '../matmul/op';
import { convolve } from './fused';
import { outputShape, type ConvolutionOptions, type DilatedOptions, type Padding } from './geometry';
import { inputGradient } from './gradient';
import type { ConvolutionAttributes, ConvolutionInputs } from './program';
import { registerConv2dVariants } from './tunable';
import { runAnyFilterGradient, runConv2D } from './variants';

export type { Activation, ConvolutionOptions, DilatedOptions, Padding };

const FORWARD = 'StepConv2D';
const FILTER_GRADIENT = 'StepConv2DFilterGradient';

/**
 * activation(conv(x, filter) + bias) * scale + shift + residual, with zeros around x.
 * @param x [B,H,W,I]
 * @param filter [kh,kw,I,O]
 * @returns [B,Ho,Wo,O], Ho = floor((H + top + bottom - (kh - 1) * dilation - 1) / strides[0]) + 1; gradients to x, filter, bias and residual
 * @throws Error when a shape, a stride, a padding or a dilation does not fit
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: DilatedOptions): tf.Tensor4D {
  const [kh, kw, input, output] = filter.shape;
  if (x.shape[3] !== input) {
    throw new Error(`conv2d: expected x [B,H,W,${input}] for filter [${filter.shape}], got [${x.shape}]`);
  }
  const outShape = outputShape('conv2d', x, filter, output, options);
  const pointwise = kh === 1 && kw === 1 && outShape[1] === x.shape[1] && outShape[2] === x.shape[2];
  if (pointwise) return tf.tidy(() => linear(x, tf.reshape(filter, [input, output]), options) as tf.Tensor4D);
  return convolve(FORWARD, tf.conv2d, x, filter, outShape, options);
}

export function registerConv2d(): void {
  registerConv2dVariants();
  tf.registerKernel({
    kernelName: FORWARD,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) =>
      runConv2D(
        backend as WebGPUBackend,
        inputs as unknown as ConvolutionInputs,
        attrs as unknown as ConvolutionAttributes,
      ),
  });
  tf.registerKernel({
    kernelName: FILTER_GRADIENT,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { filterShape, ...rest } = attrs as unknown as ConvolutionAttributes & {
        filterShape: tf.Tensor4D['shape'];
      };
      return runAnyFilterGradient(backend as WebGPUBackend, inputs['x']!, inputs['dy']!, filterShape, rest);
    },
  });
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'weight'],
    gradFunc: (gradient, saved, attrs) => {
      const dy = gradient as tf.Tensor4D;
      const [x, weight] = saved as [tf.Tensor4D, tf.Tensor4D];
      const attributes = attrs as unknown as ConvolutionAttributes;
      return {
        x: () => inputGradient(FORWARD, dy, weight, x.shape, attributes),
        weight: () => tf.engine().runKernel(FILTER_GRADIENT, { x, dy }, { ...attrs, filterShape: weight.shape }),
      };
    },
  });
}
