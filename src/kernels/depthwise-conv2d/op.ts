/**
 * Depthwise 2D convolution (every channel by its own kernel) with everything that usually follows it in one program.
 *
 * B batch, H x W input, C channels, kh x kw kernel, Ho x Wo output.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { convolve } from '../conv2d/fused';
import { explicitPadding, outputShape, type ConvolutionOptions } from '../conv2d/geometry';
import { runConvolution, type ConvolutionAttributes, type ConvolutionInputs } from '../conv2d/program';

const FORWARD = 'StepDepthwiseConv2D';

/**
 * activation(depthwise(x, filter) + bias) * scale + shift + residual, with zeros around x.
 * @param x [B,H,W,C]
 * @param filter [kh,kw,C,1]
 * @returns [B,Ho,Wo,C]; gradients to x, filter, bias and residual
 * @throws Error when a shape, a stride or a padding does not fit
 */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const [, , channels, multiplier] = filter.shape;
  if (x.shape[3] !== channels || multiplier !== 1) {
    throw new Error(
      `depthwiseConv2d: expected x [B,H,W,C] and filter [kh,kw,C,1], got [${x.shape}] and [${filter.shape}]`,
    );
  }
  const outShape = outputShape('depthwiseConv2d', x, filter, channels, options);
  return convolve(FORWARD, tf.depthwiseConv2d, x, filter, outShape, options);
}

/** TF.js's attributes for its two gradient kernels. */
function gradientAttributes({ strides, padding }: ConvolutionAttributes): Record<string, unknown> {
  const [top, bottom, left, right] = padding;
  return { strides: [...strides], dilations: [1, 1], pad: explicitPadding({ top, bottom, left, right }) };
}

export function registerDepthwiseConv2d(): void {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) =>
      runConvolution(
        backend as WebGPUBackend,
        'depthwise',
        inputs as unknown as ConvolutionInputs,
        attrs as unknown as ConvolutionAttributes,
      ),
  });
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'weight'],
    gradFunc: (gradient, saved, attrs) => {
      const dy = gradient as tf.Tensor4D;
      const [x, weight] = saved as [tf.Tensor4D, tf.Tensor4D];
      const shared = gradientAttributes(attrs as unknown as ConvolutionAttributes);
      const run = (kernel: string, inputs: tf.NamedTensorMap, more: Record<string, unknown>): tf.Tensor =>
        tf.engine().runKernel(kernel, inputs, { ...shared, ...more } as tf.NamedAttrMap);
      return {
        x: () => run('DepthwiseConv2dNativeBackpropInput', { dy, filter: weight }, { inputShape: x.shape }),
        weight: () => run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { filterShape: weight.shape }),
      };
    },
  });
}
