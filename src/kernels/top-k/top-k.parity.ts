import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numbers } from '../testing/gradients';
import { topK } from './op';
import { topKReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

type Shape = [number, number, number];

async function choose(scores: Float32Array, shape: Shape, k: number): Promise<number[]> {
  const indices = topK(tf.tensor3d(scores, shape), k);
  expect([indices.dtype, indices.shape]).toEqual(['int32', [shape[0], k]]);
  return Array.from(await indices.data());
}

test.each([
  [[1, 1, 1], 1],
  [[2, 7, 3], 7],
  [[3, 33, 5], 1],
  [[2, 500, 80], 100],
  [[1, 8400, 4], 300],
  [[1, 20000, 1], 300],
] as [Shape, number][])('scores %j, k %i', async (shape, k) => {
  const scores = numbers(shape[0] * shape[1] * shape[2], 1).map((v) => 10 * v - 4);
  expect(await choose(scores, shape, k)).toEqual(Array.from(topKReference(scores, shape, k)));
});

test.each([20, 150, 600])('many ties, k %i: the lower index comes first', async (k) => {
  const shape: Shape = [2, 600, 2];
  const scores = numbers(2400, 2).map((v) => Math.round(3 * v));
  expect(await choose(scores, shape, k)).toEqual(Array.from(topKReference(scores, shape, k)));
});

test('all equal: the first k', async () => {
  expect(await choose(new Float32Array(900).fill(0.5), [1, 900, 1], 40)).toEqual(
    Array.from({ length: 40 }, (_, i) => i),
  );
});

test('NaN comes last, infinities at the ends, -0 equals 0, rows stay a permutation', async () => {
  const scores = Float32Array.of(NaN, 1, -Infinity, Infinity, NaN, -0, 0, -0, -1, -2, 3, NaN);
  expect(await choose(scores, [1, 12, 1], 12)).toEqual([3, 10, 1, 5, 6, 7, 8, 9, 2, 0, 4, 11]);
  expect(await choose(scores, [1, 6, 2], 6)).toEqual([1, 3, 4, 0, 2, 5]);
});

test('the same scores give the same rows again', async () => {
  const scores = numbers(5000 * 3, 5).map((v) => Math.fround(Math.round(50 * v) / 50));
  const first = await choose(scores, [1, 5000, 3], 250);
  for (let i = 0; i < 5; i++) expect(await choose(scores, [1, 5000, 3], 250)).toEqual(first);
});

test('indices used by a traced gather ask for no gradient of the choice', async () => {
  const scores = tf.tensor3d([1, 5, 3], [1, 3, 1]);
  const gradient = tf.grad((s) => tf.gather(tf.reshape(s, [3]), tf.reshape(topK(s as tf.Tensor3D, 2), [2])))(scores);
  expect(Array.from(await gradient.data())).toEqual([0, 1, 1]);
});

test('warm calls leave nothing behind', () => {
  const scores = tf.ones([2, 100, 3]) as tf.Tensor3D;
  const { before, after } = aroundWarmRounds(opened, () => topK(scores, 9).dispose());
  expect(after).toEqual(before);
});

test('k outside 1..N and other types are refused', () => {
  const scores = tf.ones([1, 4, 2]) as tf.Tensor3D;
  expect(() => topK(scores, 5)).toThrow('topK: expected k in 1..4, got 5');
  expect(() => topK(scores, 0)).toThrow('got 0');
  expect(() => topK(tf.cast(scores, 'int32'), 2)).toThrow('int32');
});
