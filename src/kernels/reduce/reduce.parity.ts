import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { max, mean, softmax, sum } from './op';
import { reductionReference, softmaxReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const OPERATIONS = { sum, mean, max };
const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

// shape, axes, the same as [outer, length, inner]; the long ones take two passes
const CASES = [
  [
    [2, 5, 6, 8],
    [1, 2],
    [2, 30, 8],
  ],
  [
    [1, 40, 40, 72],
    [1, 2],
    [1, 1600, 72],
  ],
  [[3, 7, 5], [1], [3, 7, 5]],
  [[3, 7, 5], [2], [21, 5, 1]],
  [[3, 7, 8], [2], [21, 8, 1]],
  [[900, 6], [0], [1, 900, 6]],
  [[900, 4], [0], [1, 900, 4]],
  [[2, 1001], [1], [2, 1001, 1]],
  [[2, 1000], [-1], [2, 1000, 1]],
  [
    [5, 3, 4],
    [0, 1, 2],
    [1, 60, 1],
  ],
  [[4, 3], [0], [1, 4, 3]],
  [[6, 1, 5], [1], [6, 1, 5]],
] as const;

test.each(CASES)('sum, mean and max of %j over %j', async (shape, axes, [outer, length, inner]) => {
  const x = numbers(count(shape), 1);
  for (const kind of ['sum', 'mean', 'max'] as const) {
    for (const keepDims of [false, true]) {
      const t = tf.tensor(x, [...shape]);
      const out = OPERATIONS[kind](t, [...axes], keepDims);
      const positive = axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
      const kept = shape.map((size, axis) => (positive.includes(axis) ? 1 : size));
      expect(out.shape).toEqual(keepDims ? kept : kept.filter((_, axis) => !positive.includes(axis)));
      const expected = reductionReference(x, { outer, length, inner }, kind);
      expect(relativeL2(await out.data(), expected)).toBeLessThanOrEqual(1e-5);
    }
  }
});

test('what is not covered goes to the kernels before: axes apart, integers, all axes', async () => {
  const x = numbers(2 * 3 * 4, 1);
  const apart = sum(tf.tensor(x, [2, 3, 4]), [0, 2]);
  const expected = [0, 1, 2].map((m) => {
    const at = (i: number, j: number): number => x[(i * 3 + m) * 4 + j]!;
    return [0, 1].reduce((total, i) => total + [0, 1, 2, 3].reduce((row, j) => row + at(i, j), 0), 0);
  });
  expect(relativeL2(await apart.data(), expected)).toBeLessThanOrEqual(1e-5);
  expect(Array.from(await sum(tf.tensor([1, 2, 3, 4, 5], [5], 'int32')).data())).toEqual([15]);
  expect(relativeL2(await mean(tf.tensor(x, [2, 3, 4])).data(), [x.reduce((a, b) => a + b) / 24])).toBeLessThanOrEqual(
    1e-5,
  );
});

test('gradients of sum, mean and max', async () => {
  const x = Float64Array.from(numbers(2 * 6 * 4, 1));
  const dy = numbers(8, 2);
  for (const kind of ['sum', 'mean', 'max'] as const) {
    const gradient = tf.grad((t) => OPERATIONS[kind](t, 1))(
      tf.tensor(Float32Array.from(x), [2, 6, 4]),
      tf.tensor(dy, [2, 4]),
    );
    const loss = (v: Float64Array): number => dot(reductionReference(v, { outer: 2, length: 6, inner: 4 }, kind), dy);
    expect(relativeL2(await gradient.data(), numericGradient(loss, x))).toBeLessThanOrEqual(1e-3);
  }
});

test.each([
  [3, 4],
  [2, 5, 7],
  [100, 100],
  [1, 1],
  [2, 3, 1600],
  [8, 13, 300],
])('softmax of %i x …', async (...shape) => {
  const length = shape[shape.length - 1]!;
  const x = numbers(count(shape), 1).map((v) => 30 * v);
  const out = softmax(tf.tensor(x, shape));
  expect(out.shape).toEqual(shape);
  expect(relativeL2(await out.data(), softmaxReference(x, length))).toBeLessThanOrEqual(1e-5);
});

test('softmax of masked and of very large numbers', async () => {
  const x = [1, -1e9, 2, -1e9, 1e4, 1e4, -1e4, 1e4];
  expect(relativeL2(await softmax(tf.tensor(x, [2, 4])).data(), softmaxReference(x, 4))).toBeLessThanOrEqual(1e-5);
});

test.each([4, 7])('gradient of softmax over %i', async (length) => {
  const x = Float64Array.from(numbers(3 * length, 1));
  const dy = numbers(3 * length, 2);
  const gradient = tf.grad((t) => softmax(t))(tf.tensor(Float32Array.from(x), [3, length]), tf.tensor(dy, [3, length]));
  const expected = numericGradient((v) => dot(softmaxReference(v, length), dy), x);
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-3);
});

test('warm calls leave nothing behind', () => {
  const x = tf.ones([1, 40, 40, 8]);
  const round = (): void => {
    mean(x, [1, 2]).dispose();
    softmax(x).dispose();
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});
