/**
 * Gradients of the convolution to its input and its filter.
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { NO_EPILOGUE } from '../epilogue/program';
import { runTemplate } from '../template';
import { busyInvocations } from '../tiling';
import { reach } from './geometry';
import filterSource from './filter-gradient.wgsl?raw';
import type { ConvolutionAttributes } from './program';

type Shape4D = [number, number, number, number];

/**
 * Gradient of x [B,H,W,I]. With stride 1 it is a convolution of dy with the filter turned round, which our kernel does;
 * otherwise TF.js's.
 */
export function inputGradient(
  forward: string,
  dy: tf.Tensor4D,
  weight: tf.Tensor4D,
  xShape: Shape4D,
  { strides, padding, dilation }: ConvolutionAttributes,
): tf.Tensor {
  const [kh, kw] = [weight.shape[0], weight.shape[1]].map((size) => reach(size, dilation)) as [number, number];
  const [top, bottom, left, right] = padding;
  const reaches = [top, bottom].every((p) => p < kh) && [left, right].every((p) => p < kw);
  if (strides[0] !== 1 || strides[1] !== 1 || !reaches) {
    const pad = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const attributes = { strides: [...strides], pad, dataFormat: 'NHWC', inputShape: xShape };
    return tf
      .engine()
      .runKernel('Conv2DBackpropInput', { dy, filter: weight }, attributes as unknown as tf.NamedAttrMap);
  }
  const turned = tf.transpose(tf.reverse(weight, [0, 1]), [0, 1, 3, 2]); // kh,kw,I,O -> kh,kw,O,I
  const attributes: ConvolutionAttributes = {
    ...NO_EPILOGUE,
    strides: [1, 1],
    dilation,
    padding: [kh - 1 - top, kh - 1 - bottom, kw - 1 - left, kw - 1 - right],
    outShape: xShape,
  };
  return tf.engine().runKernel(forward, { x: dy, weight: turned }, attributes as unknown as tf.NamedAttrMap);
}

/** Most partial sums of the filter's gradient. */
const MOST_CHUNKS = 64;

/** Partial gradients of the filter [chunks,kh,kw,I,O], to be summed over the first axis. */
export function runFilterGradient(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  filterShape: Shape4D,
  { strides, padding, dilation, outShape }: ConvolutionAttributes,
): tf.TensorInfo {
  const [kh, kw, input, output] = filterShape;
  const [batch, outHeight, outWidth] = outShape;
  const lines = batch * outHeight;
  const invocations = kh * kw * Math.ceil(input / 4) * Math.ceil(output / 4);
  const wanted = Math.min(Math.ceil(busyInvocations(backend) / invocations), lines, MOST_CHUNKS);
  const chunk = Math.ceil(lines / wanted);
  const chunks = Math.ceil(lines / chunk);
  const work = chunks * invocations;
  const [ofX, ofDy] = [input % 4 === 0 ? 4 : 1, output % 4 === 0 ? 4 : 1];
  return runTemplate(backend, {
    name: 'StepConv2DFilterGradient',
    template: filterSource,
    inputs: { x, dy },
    output: { shape: [chunks, ...filterShape] },
    components: { output: ofDy, inputs: [ofX, ofDy] },
    work,
    constants: { VECTOR_IN: ofX === 4, ALIGNED: ofDy === 4, DILATION: dilation },
    uniforms: {
      work: { i32: [work] },
      lines: { i32: [lines] },
      chunk: { i32: [chunk] },
      inChannels: { i32: [input] },
      channels: { i32: [output] },
      kernel: { i32: [kh, kw] },
      strides: { i32: [...strides] },
      padding: { i32: [padding[0], padding[2]] },
      size: { i32: [x.shape[1]!, x.shape[2]!] },
      outSize: { i32: [outHeight, outWidth] },
    },
  });
}
