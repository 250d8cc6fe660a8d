/**
 * Shapes of a convolution and the checks that the ordinary and the depthwise one share.
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Epilogue } from '../epilogue/op';

/** Rows and columns of zeros on each side of the input. */
export interface Padding {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface ConvolutionOptions extends Epilogue {
  /** Vertical, horizontal. */
  strides: readonly [number, number];
  padding: Padding;
  /** [B,Ho,Wo,O] */
  residual?: tf.Tensor4D;
}

export interface DilatedOptions extends ConvolutionOptions {
  /** Input cells from one tap of the kernel to the next, both ways; default 1. Above 1 the strides are 1. */
  dilation?: number;
}

export type Shape4D = [number, number, number, number];

/** Input cells that a kernel of this size spans. */
export function reach(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** Output cells along one axis. */
const cells = (size: number, kernel: number, stride: number, before: number, after: number): number =>
  Math.floor((size + before + after - kernel) / stride) + 1;

/**
 * @param channels O
 * @returns [B,Ho,Wo,O]
 * @throws Error naming the operation when a shape, stride or padding does not fit
 */
export function outputShape(
  name: string,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  channels: number,
  { strides, padding, dilation = 1, bias, residual }: DilatedOptions,
): Shape4D {
  const [batch, height, width] = x.shape;
  const [kh, kw] = [filter.shape[0], filter.shape[1]].map((size) => reach(size, dilation)) as [number, number];
  const { top, bottom, left, right } = padding;
  const whole = [...strides.map((s) => s - 1), top, bottom, left, right].every((v) => Number.isInteger(v) && v >= 0);
  if (!whole)
    throw new Error(
      `${name}: expected strides of at least 1 and padding of at least 0, got [${strides}] and ${JSON.stringify(padding)}`,
    );
  const dilates = dilation === 1 || (strides[0] === 1 && strides[1] === 1);
  if (!Number.isInteger(dilation) || dilation < 1 || !dilates)
    throw new Error(
      `${name}: expected a dilation of at least 1, and strides of 1 with more, got ${dilation} with strides [${strides}]`,
    );
  const out: Shape4D = [
    batch,
    cells(height, kh, strides[0], top, bottom),
    cells(width, kw, strides[1], left, right),
    channels,
  ];
  if (out[1] < 1 || out[2] < 1)
    throw new Error(
      `${name}: a ${kh}x${kw} kernel does not fit into [${x.shape}] with padding ${JSON.stringify(padding)}`,
    );
  if (bias && (bias.rank !== 1 || bias.shape[0] !== channels))
    throw new Error(`${name}: expected bias [${channels}], got [${bias.shape}]`);
  if (residual && residual.shape.join() !== out.join())
    throw new Error(`${name}: expected residual [${out}], got [${residual.shape}]`);
  return out;
}

/** Padding as TF.js's convolutions take it. */
export function explicitPadding({ top, bottom, left, right }: Padding): tf.backend_util.ExplicitPadding {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** The attributes of our kernel, epilogue included. */
export function kernelAttributes(options: DilatedOptions, outShape: Shape4D): tf.NamedAttrMap {
  const { strides, padding, dilation = 1, activation = 'none', scale = 1, shift = 0 } = options;
  const { top, bottom, left, right } = padding;
  return { strides: [...strides], padding: [top, bottom, left, right], dilation, outShape, activation, scale, shift };
}

/** The inputs of our kernel, epilogue included. */
export function fusedInputs(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  { bias, residual }: ConvolutionOptions,
): tf.NamedTensorMap {
  return { x, weight, ...(bias && { bias }), ...(residual && { residual }) };
}
