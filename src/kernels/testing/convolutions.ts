/** What the parity tests of the ordinary and the depthwise convolution share. */
import * as tf from '@tensorflow/tfjs-core';
import type { DilatedOptions } from '../conv2d/geometry';
import { convolutionReference, convolutionShape, type PlainConvolution } from '../conv2d/reference';
import { relativeL2 } from './compare';
import { numericGradient } from './finite-difference';
import { dot, numbers } from './gradients';

export type Convolution = (x: tf.Tensor4D, filter: tf.Tensor4D, options: DilatedOptions) => tf.Tensor4D;
type Shape4D = [number, number, number, number];

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

interface Case extends PlainConvolution {
  xShape: Shape4D;
  filterShape: Shape4D;
  withBias?: boolean;
  withResidual?: boolean;
}

function values({ withBias, withResidual, ...plain }: Case) {
  const outShape = [...convolutionShape(plain)] as Shape4D;
  return {
    outShape,
    x: numbers(size(plain.xShape), 1),
    filter: numbers(size(plain.filterShape), 2),
    ...(withBias && { bias: numbers(outShape[3], 3) }),
    ...(withResidual && { residual: numbers(size(outShape), 4) }),
  };
}

/** Relative difference of the operation from plain loops; Infinity when the shape is wrong. */
export async function forwardDifference(convolution: Convolution, plain: Case): Promise<number> {
  const { outShape, x, filter, bias, residual } = values(plain);
  const out = convolution(tf.tensor4d(x, plain.xShape), tf.tensor4d(filter, plain.filterShape), {
    strides: plain.strides,
    padding: plain.padding,
    ...(plain.dilation !== undefined && { dilation: plain.dilation }),
    ...(plain.activation && { activation: plain.activation }),
    ...(plain.scale !== undefined && { scale: plain.scale }),
    ...(plain.shift !== undefined && { shift: plain.shift }),
    ...(bias && { bias: tf.tensor1d(bias) }),
    ...(residual && { residual: tf.tensor4d(residual, outShape) }),
  });
  if (out.shape.join() !== outShape.join()) return Infinity;
  const expected = convolutionReference(x, filter, { ...plain, ...(bias && { bias }), ...(residual && { residual }) });
  return relativeL2(await out.data(), expected);
}

/** Greatest relative difference of the gradients to x, filter, bias and residual from finite differences of plain loops. */
export async function gradientDifference(convolution: Convolution, plain: Case): Promise<number> {
  const { outShape, x, filter, bias, residual } = values({ ...plain, withBias: true, withResidual: true });
  const dy = numbers(size(outShape), 5);
  const { strides, padding, dilation = 1, activation = 'none', scale = 1, shift = 0 } = plain;
  const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, d: tf.Tensor): tf.Tensor =>
    convolution(a as tf.Tensor4D, b as tf.Tensor4D, {
      strides,
      padding,
      dilation,
      activation,
      scale,
      shift,
      bias: c as tf.Tensor1D,
      residual: d as tf.Tensor4D,
    });
  const inputs = [x, filter, bias!, residual!].map((v) => Float64Array.from(v));
  const shapes = [plain.xShape, plain.filterShape, [outShape[3]], outShape];
  const tensors = inputs.map((v, at) => tf.tensor(Float32Array.from(v), shapes[at]!));
  const gradients = tf.grads(run)(tensors, tf.tensor(dy, outShape));
  let worst = 0;
  for (let at = 0; at < inputs.length; at++) {
    const loss = (v: Float64Array): number => {
      const [a, b, c, d] = inputs.map((input, other) => (other === at ? v : input));
      return dot(convolutionReference(a!, b!, { ...plain, bias: c!, residual: d! }), dy);
    };
    worst = Math.max(worst, relativeL2(await gradients[at]!.data(), numericGradient(loss, inputs[at]!)));
  }
  return worst;
}
