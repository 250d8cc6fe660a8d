/** The operations on the backends that have no WebGPU: composed of TF.js's kernels, held against plain loops. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { depthwiseConv2d } from '../depthwise-conv2d/op';
import { ACTIVATIONS } from '../epilogue/op';
import { epilogueReference } from '../epilogue/reference';
import { linear } from '../matmul/op';
import { productReference } from '../matmul/reference';
import { mean, softmax } from '../reduce/op';
import { reductionReference, softmaxReference } from '../reduce/reference';
import { relativeL2 } from '../testing/compare';
import { forwardDifference, gradientDifference } from '../testing/convolutions';
import { numbers } from '../testing/gradients';
import { conv2d } from './op';

type Shape4D = [number, number, number, number];

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  test.each(ACTIVATIONS)('convolutions with %s', async (activation) => {
    const shared = {
      padding: { top: 0, bottom: 1, left: 2, right: 1 },
      activation,
      scale: 1.5,
      shift: -0.25,
      withBias: true,
      withResidual: true,
    };
    for (const strides of [
      [1, 1],
      [2, 2],
    ] as const) {
      const full = { ...shared, strides, xShape: [2, 7, 6, 3] as Shape4D, filterShape: [3, 3, 3, 5] as Shape4D };
      expect(await forwardDifference(conv2d, full)).toBeLessThanOrEqual(1e-5);
      const deep = { ...shared, strides, xShape: [1, 8, 9, 4] as Shape4D, filterShape: [5, 5, 4, 1] as Shape4D };
      expect(await forwardDifference(depthwiseConv2d, { ...deep, depthwise: true })).toBeLessThanOrEqual(1e-5);
    }
  });

  test('dilated convolutions and their gradients', async () => {
    const dilated = {
      xShape: [2, 6, 7, 3] as Shape4D,
      filterShape: [3, 2, 3, 4] as Shape4D,
      strides: [1, 1] as const,
      padding: { top: 2, bottom: 1, left: 0, right: 3 },
      dilation: 2,
    };
    expect(await forwardDifference(conv2d, dilated)).toBeLessThanOrEqual(1e-5);
    // WebAssembly has no gradient of a convolution's filter
    if (backend === 'cpu') expect(await gradientDifference(conv2d, dilated)).toBeLessThanOrEqual(1e-3);
  });

  test('linear, mean and softmax', async () => {
    const [x, w, bias] = [numbers(2 * 3 * 5, 1), numbers(5 * 7, 2), numbers(7, 3)];
    const out = linear(tf.tensor(x, [2, 3, 5]), tf.tensor2d(w, [5, 7]), {
      bias: tf.tensor1d(bias),
      activation: 'gelu',
    });
    const sums = productReference(x, w, { matrices: [1, 1], rows: 6, inner: 5, columns: 7 });
    expect(relativeL2(await out.data(), epilogueReference(sums, 7, { bias, activation: 'gelu' }))).toBeLessThanOrEqual(
      1e-5,
    );
    const pooled = mean(tf.tensor(x, [1, 2, 3, 5]), [1, 2]);
    const expected = reductionReference(x, { outer: 1, length: 6, inner: 5 }, 'mean');
    expect(relativeL2(await pooled.data(), expected)).toBeLessThanOrEqual(1e-5);
    expect(relativeL2(await softmax(tf.tensor(x, [6, 5])).data(), softmaxReference(x, 5))).toBeLessThanOrEqual(1e-5);
  });
});
