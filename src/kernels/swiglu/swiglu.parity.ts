import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { swiglu } from './op';
import { swigluReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test.each([[2], [6], [5, 8], [2, 3, 14], [2, 2, 3, 24], [1, 100, 256]])('forward: %i, …', async (...shape) => {
  const x = numbers(tf.util.sizeFromShape(shape), 1).map((v) => 6 * v);
  const half = shape[shape.length - 1]! / 2;
  const y = swiglu(tf.tensor(x, shape));
  expect(y.shape).toEqual([...shape.slice(0, -1), half]);
  expect(relativeL2(await y.data(), swigluReference(x, half))).toBeLessThanOrEqual(1e-5);
});

test.each([[2], [5, 8], [2, 3, 14], [3, 1, 5, 6]])('gradient: %i, …', async (...shape) => {
  const x = numbers(tf.util.sizeFromShape(shape), 2).map((v) => 3 * v);
  const half = shape[shape.length - 1]! / 2;
  const dy = numbers(x.length / 2, 3);
  const gradient = tf.grad((v) => swiglu(v))(tf.tensor(x, shape), tf.tensor(dy, [...shape.slice(0, -1), half]));
  const expected = numericGradient((v) => dot(swigluReference(v, half), dy), Float64Array.from(x));
  expect(gradient.shape).toEqual(shape);
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-3);
});

test('gates of any size stay finite', async () => {
  const y = swiglu(tf.tensor1d([-1e4, -100, 1e4, 1, 1, 2]));
  const values = await y.data();
  expect(relativeL2(values, [0, 0, 2e4])).toBeLessThanOrEqual(1e-6);
});

test('warm calls and gradients leave nothing behind', () => {
  const x = tf.ones([3, 5, 8]);
  const round = (): void => {
    swiglu(x).dispose();
    tf.grad((v) => swiglu(v))(x).dispose();
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('an odd width is refused', () => {
  expect(() => swiglu(tf.ones([2, 7]))).toThrow('swiglu: expected x [..., 2H], got [2,7]');
});
