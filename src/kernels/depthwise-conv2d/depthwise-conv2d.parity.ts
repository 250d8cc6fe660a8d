import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { forwardDifference, gradientDifference } from '../testing/convolutions';
import { openTestDevice, throwFaults } from '../testing/device';
import { depthwiseConv2d } from './op';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const padded = (top: number, bottom: number, left: number, right: number) => ({ top, bottom, left, right });

type Size = readonly [
  x: readonly [number, number, number, number],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  padding: ReturnType<typeof padded>,
];

const SIZES: Size[] = [
  [[1, 9, 17, 8], [3, 3], [1, 1], padded(1, 1, 1, 1)],
  [[2, 7, 5, 6], [5, 5], [1, 1], padded(2, 2, 2, 2)],
  [[1, 16, 22, 12], [3, 3], [2, 2], padded(0, 1, 0, 1)],
  [[2, 11, 13, 4], [5, 5], [2, 2], padded(1, 2, 2, 1)],
  [[1, 6, 9, 3], [3, 5], [1, 2], padded(0, 2, 1, 0)],
  [[1, 2, 3, 4], [5, 5], [1, 1], padded(2, 2, 2, 2)],
  [[1, 4, 20, 4], [1, 1], [1, 2], padded(0, 0, 0, 0)],
  [[1, 12, 11, 4], [9, 9], [1, 1], padded(4, 4, 4, 4)],
  [[1, 40, 40, 72], [5, 5], [1, 1], padded(2, 2, 2, 2)],
];

const plainOf = ([x, kernel, strides, padding]: Size) => ({
  xShape: [...x] as [number, number, number, number],
  filterShape: [kernel[0], kernel[1], x[3], 1] as [number, number, number, number],
  strides,
  padding,
  depthwise: true,
});

test.each(SIZES)('forward: %j by %j, strides %j', async (...size) => {
  const plain = plainOf(size);
  expect(await forwardDifference(depthwiseConv2d, plain)).toBeLessThanOrEqual(1e-5);
  const all = {
    ...plain,
    withBias: true,
    withResidual: true,
    activation: 'hardswish' as const,
    scale: 0.75,
    shift: 0.5,
  };
  expect(await forwardDifference(depthwiseConv2d, all)).toBeLessThanOrEqual(1e-5);
});

const GRADIENTS: Size[] = [
  [[2, 4, 5, 4], [3, 3], [1, 1], padded(1, 1, 1, 1)],
  [[1, 5, 6, 3], [3, 3], [2, 2], padded(0, 1, 0, 1)],
  [[1, 5, 4, 4], [3, 2], [1, 1], padded(0, 2, 1, 0)],
  [[2, 6, 5, 4], [5, 5], [2, 2], padded(1, 2, 2, 1)],
];

test.each(GRADIENTS)('gradients: %j by %j, strides %j', async (...size) => {
  const plain = {
    ...plainOf(size),
    activation: 'silu' as const,
    scale: 1.5,
    shift: 0.5,
  };
  expect(await gradientDifference(depthwiseConv2d, plain)).toBeLessThanOrEqual(1e-3);
});

test('shapes that do not fit are refused by name', () => {
  const options = { strides: [1, 1] as const, padding: padded(0, 0, 0, 0) };
  expect(() => depthwiseConv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 4, 1]), options)).toThrow(/depthwiseConv2d/);
  expect(() => depthwiseConv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 3, 2]), options)).toThrow(/\[3,3,3,2\]/);
  const half = { ...options, strides: [0.5, 1] as const };
  expect(() => depthwiseConv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 3, 1]), half)).toThrow(/strides/);
});
