import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { ACTIVATIONS } from '../epilogue/op';
import { forwardDifference, gradientDifference } from '../testing/convolutions';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { conv2d } from './op';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const padded = (top: number, bottom: number, left: number, right: number) => ({ top, bottom, left, right });

// x, filter, strides, padding: every tile size, aligned and not, one and many channels, kernels wider than the input
const SIZES = [
  [[1, 9, 17, 8], [3, 3, 8, 12], [1, 1], padded(1, 1, 1, 1)],
  [[2, 7, 5, 4], [3, 3, 4, 6], [1, 1], padded(0, 2, 1, 0)],
  [[1, 16, 22, 3], [3, 3, 3, 16], [2, 2], padded(0, 1, 0, 1)],
  [[1, 13, 11, 3], [7, 7, 3, 8], [2, 2], padded(3, 3, 3, 3)],
  [[2, 6, 9, 5], [5, 3, 5, 7], [1, 2], padded(2, 1, 0, 2)],
  [[1, 8, 40, 4], [1, 1, 4, 8], [2, 2], padded(0, 0, 0, 0)],
  [[3, 10, 6, 12], [1, 1, 12, 20], [1, 1], padded(0, 0, 0, 0)],
  [[1, 5, 7, 6], [1, 1, 6, 3], [1, 1], padded(0, 0, 0, 0)],
  [[1, 4, 40, 4], [2, 2, 4, 4], [1, 1], padded(0, 1, 0, 1)],
  [[1, 3, 2, 4], [3, 5, 4, 4], [1, 1], padded(1, 1, 2, 2)],
  [[1, 12, 9, 2], [9, 9, 2, 4], [1, 1], padded(4, 4, 4, 4)],
  [[1, 30, 64, 8], [3, 3, 8, 64], [1, 1], padded(1, 1, 1, 1)],
] as const;

test.each(SIZES)('forward: %j by %j, strides %j', async (x, filter, strides, padding) => {
  const plain = {
    xShape: [...x] as [number, number, number, number],
    filterShape: [...filter] as [number, number, number, number],
    strides,
    padding,
  };
  expect(await forwardDifference(conv2d, plain)).toBeLessThanOrEqual(1e-5);
  const all = { ...plain, withBias: true, withResidual: true, activation: 'silu' as const, scale: 1.5, shift: -0.25 };
  expect(await forwardDifference(conv2d, all)).toBeLessThanOrEqual(1e-5);
});

// x, filter, padding, dilation: taps outside on every side, unequal dimensions, a reach of 7 and one too wide for our kernel
const DILATED = [
  [[2, 9, 7, 4], [3, 3, 4, 8], padded(2, 2, 2, 2), 2],
  [[1, 6, 11, 3], [3, 2, 3, 5], padded(0, 3, 1, 2), 3],
  [[1, 7, 8, 6], [2, 3, 6, 4], padded(3, 0, 5, 1), 3],
  [[1, 3, 4, 4], [3, 3, 4, 4], padded(2, 2, 2, 2), 2],
  [[1, 10, 9, 2], [3, 3, 2, 4], padded(4, 4, 4, 4), 4],
] as const;

test.each(DILATED)('dilated: %j by %j, padding %j, dilation %i', async (x, filter, padding, dilation) => {
  const plain = {
    xShape: [...x] as [number, number, number, number],
    filterShape: [...filter] as [number, number, number, number],
    strides: [1, 1] as const,
    padding,
    dilation,
    activation: 'silu' as const,
  };
  expect(await forwardDifference(conv2d, { ...plain, withBias: true, withResidual: true })).toBeLessThanOrEqual(1e-5);
  expect(await gradientDifference(conv2d, plain)).toBeLessThanOrEqual(1e-3);
});

test.each(ACTIVATIONS)('forward with %s', async (activation) => {
  for (const [channels, kernel] of [
    [8, 3],
    [6, 3],
    [8, 1],
  ] as const) {
    const plain = {
      xShape: [1, 5, 6, 4] as [number, number, number, number],
      filterShape: [kernel, kernel, 4, channels] as [number, number, number, number],
      strides: [1, 1] as const,
      padding: padded(0, 0, 0, 0),
      activation,
      withBias: true,
      scale: 8,
    };
    expect(await forwardDifference(conv2d, plain)).toBeLessThanOrEqual(1e-5);
  }
});

// strides of 2 go through TF.js's input gradient, padding of a kernel's size too
const GRADIENTS = [
  [[2, 4, 5, 4], [3, 3, 4, 8], [1, 1], padded(1, 1, 1, 1)],
  [[1, 5, 4, 3], [3, 2, 3, 5], [1, 1], padded(0, 2, 1, 0)],
  [[1, 6, 7, 3], [3, 3, 3, 4], [2, 2], padded(0, 1, 0, 1)],
  [[1, 5, 6, 4], [3, 3, 4, 4], [2, 1], padded(1, 0, 2, 1)],
  [[2, 3, 3, 4], [1, 1, 4, 8], [1, 1], padded(0, 0, 0, 0)],
  [[1, 5, 4, 6], [1, 1, 6, 5], [2, 2], padded(0, 0, 0, 0)],
  [[1, 3, 3, 4], [2, 2, 4, 4], [1, 1], padded(2, 2, 2, 2)],
  [[2, 17, 3, 4], [1, 3, 4, 4], [1, 1], padded(0, 0, 1, 1)],
] as const;

test.each(GRADIENTS)('gradients: %j by %j, strides %j', async (x, filter, strides, padding) => {
  const plain = {
    xShape: [...x] as [number, number, number, number],
    filterShape: [...filter] as [number, number, number, number],
    strides,
    padding,
    activation: 'silu' as const,
    scale: 1.5,
    shift: 0.5,
  };
  expect(await gradientDifference(conv2d, plain)).toBeLessThanOrEqual(1e-3);
});

test.each(['relu6', 'hardswish', 'hardsigmoid', 'sigmoid', 'gelu'] as const)(
  'gradients with %s',
  async (activation) => {
    const plain = {
      xShape: [1, 3, 3, 4] as [number, number, number, number],
      filterShape: [3, 3, 4, 4] as [number, number, number, number],
      strides: [1, 1] as const,
      padding: padded(1, 1, 1, 1),
      activation,
    };
    expect(await gradientDifference(conv2d, plain)).toBeLessThanOrEqual(1e-3);
  },
);

test('shapes that do not fit are refused by name', () => {
  const options = { strides: [1, 1] as const, padding: padded(0, 0, 0, 0) };
  expect(() => conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 4, 8]), options)).toThrow(/conv2d.*\[1,4,4,3\]/);
  expect(() => conv2d(tf.zeros([1, 2, 2, 4]), tf.zeros([3, 3, 4, 8]), options)).toThrow(/does not fit/);
  const dilated = { ...options, strides: [2, 1] as const, dilation: 2 };
  expect(() => conv2d(tf.zeros([1, 8, 8, 4]), tf.zeros([3, 3, 4, 8]), dilated)).toThrow(/strides of 1.*got 2.*\[2,1\]/);
  expect(() => conv2d(tf.zeros([1, 4, 8, 4]), tf.zeros([3, 3, 4, 8]), { ...options, dilation: 2 })).toThrow(
    /a 5x5 kernel does not fit/,
  );
  const bias: tf.Tensor1D = tf.zeros([7]);
  expect(() => conv2d(tf.zeros([1, 4, 4, 4]), tf.zeros([3, 3, 4, 8]), { ...options, bias })).toThrow(
    /bias \[8\], got \[7\]/,
  );
});

test('warm calls and gradients leave nothing behind', () => {
  const [x, narrow] = [tf.ones([1, 6, 6, 4]) as tf.Tensor4D, tf.ones([1, 1, 4, 4]) as tf.Tensor4D];
  const [filter, bias] = [tf.ones([3, 3, 4, 4]) as tf.Tensor4D, tf.ones([4]) as tf.Tensor1D];
  const options = { strides: [1, 1] as const, padding: padded(1, 1, 1, 1), bias, activation: 'silu' as const };
  const round = (): void => {
    conv2d(x, filter, options).dispose();
    conv2d(x, narrow, { ...options, padding: padded(0, 0, 0, 0) }).dispose();
    tf.dispose(tf.grads((v, w) => conv2d(v as tf.Tensor4D, w as tf.Tensor4D, options))([x, filter]));
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});
