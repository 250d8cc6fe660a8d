import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { aroundWarmRounds } from '../testing/leaks';
import { bestAnswers, pairAnswers } from './op';
import { bestAnswersReference, pairAnswersReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

type Shape = [number, number, number];

/** -Infinity less itself would be no number. */
const finite = (value: number): number => Math.max(value, -1e9);

const boxesOf = ([layers, queries]: Shape): Float32Array => numbers(layers * queries * 4, 7);

async function pairs(logits: Float32Array, shape: Shape, k: number): Promise<[Float32Array, Float32Array]> {
  const boxes = boxesOf(shape);
  const got = tf.tidy(() => pairAnswers(tf.tensor3d(logits, shape), tf.tensor3d(boxes, [shape[0], shape[1], 4]), k));
  expect(got.shape).toEqual([shape[0], 2 * k + 4 * shape[1]]);
  return [(await got.data()) as Float32Array, pairAnswersReference(logits, boxes, shape, k)];
}

async function best(logits: Float32Array, shape: Shape): Promise<[Float32Array, Float32Array]> {
  const boxes = boxesOf(shape);
  const got = tf.tidy(() => bestAnswers(tf.tensor3d(logits, shape), tf.tensor3d(boxes, [shape[0], shape[1], 4])));
  expect(got.shape).toEqual([shape[0], 6 * shape[1]]);
  return [(await got.data()) as Float32Array, bestAnswersReference(logits, boxes, shape)];
}

test.each([
  [[1, 1, 1], 1],
  [[2, 7, 3], 21],
  [[3, 33, 5], 20],
  [[7, 300, 80], 300],
] as [Shape, number][])('pairs of logits %j, k %i: the same numbers as the loops', async (shape, k) => {
  const logits = numbers(shape[0] * shape[1] * shape[2], 1).map((v) => 10 * v - 6);
  expect(maxDifference(...(await pairs(logits, shape, k)))).toBe(0);
});

test('pairs: ties go by the lower index, and what is not a number is no pair', async () => {
  const logits = Float32Array.of(1, NaN, 3, 1, -Infinity, 1, NaN, 3, NaN, NaN, 0, -0);
  const k = 6;
  const [got, want] = await pairs(logits, [2, 2, 3], k);
  const indices = (values: Float32Array, layer: number): number[] => [
    ...values.subarray(layer * 20 + k, layer * 20 + 2 * k),
  ];
  expect(indices(got, 0)).toEqual([2, 0, 3, 5, 4, -1]);
  expect(indices(got, 1)).toEqual([1, 4, 5, -1, -1, -1]);
  expect(maxDifference(got.map(finite), want.map(finite))).toBe(0);
});

test.each([[[1, 1, 2]], [[3, 7, 5]], [[6, 100, 92]]] as [Shape][])(
  'best classes of logits %j: the same classes and boxes, probabilities to float32',
  async (shape) => {
    const logits = numbers(shape[0] * shape[1] * shape[2], 3).map((v) => 12 * v - 5);
    const [got, want] = await best(logits, shape);
    expect(maxDifference(got, want)).toBeLessThanOrEqual(4e-6);
    const queries = shape[1];
    const classes = (values: Float32Array): Float32Array => values.subarray(queries, 2 * queries);
    expect(maxDifference(classes(got), classes(want))).toBe(0);
  },
);

test('best classes: logits without a probability have none', async () => {
  const rows = [NaN, 1, 2, 1, NaN, 0, 1, 2, NaN, Infinity, 0, 0, -Infinity, -Infinity, -Infinity, -Infinity, 4, 4];
  const [got, want] = await best(Float32Array.from(rows), [1, 6, 3]);
  expect([...got.subarray(6, 12)]).toEqual([-1, -1, -1, -1, -1, 1]);
  expect(maxDifference(got, want)).toBeLessThanOrEqual(4e-6);
});

test('warm calls leave nothing behind', () => {
  const [logits, boxes] = [tf.ones([2, 30, 4]) as tf.Tensor3D, tf.ones([2, 30, 4]) as tf.Tensor3D];
  const round = (): void => {
    pairAnswers(logits, boxes, 30).dispose();
    bestAnswers(logits, boxes).dispose();
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('other shapes, types and counts are refused', () => {
  const [logits, boxes] = [tf.ones([2, 3, 4]) as tf.Tensor3D, tf.ones([2, 3, 4]) as tf.Tensor3D];
  expect(() => pairAnswers(logits, boxes, 13)).toThrow('expected k in 1..12, got 13');
  expect(() => bestAnswers(logits, tf.ones([2, 4, 4]))).toThrow('expected boxes [2,3,4], got [2,4,4]');
  expect(() => bestAnswers(tf.ones([2, 3, 1]), boxes)).toThrow('at least 2 columns');
  expect(() => pairAnswers(tf.cast(logits, 'int32'), boxes, 2)).toThrow('int32');
});
