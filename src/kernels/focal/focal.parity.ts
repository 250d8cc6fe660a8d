import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { focal } from './op';
import { focalGradientReference, focalReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test.each([
  [1, 1, 1, 2],
  [2, 3, 5, 2],
  [3, 7, 4, 1.5],
  [1, 100, 80, 2],
])('forward and gradient: %i sets, %i queries, %i columns, gamma %d', async (sets, queries, columns, gamma) => {
  const balance = { alpha: 0.25, gamma };
  const x = numbers(sets * queries * columns, 1).map((v) => 8 * v);
  const labels = Int32Array.from(numbers(sets * queries, 2), (v) => Math.round(v * columns)).map((c) =>
    c < columns ? Math.max(c, -1) : -1,
  );
  const dy = numbers(sets, 4);
  const logits = tf.tensor3d(x, [sets, queries, columns]);
  const loss = (t: tf.Tensor): tf.Tensor =>
    focal(t as tf.Tensor3D, tf.tensor2d(labels, [sets, queries], 'int32'), balance);
  const each = focalReference(Float64Array.from(x), labels, columns, balance);
  const size = queries * columns;
  const sums = Array.from({ length: sets }, (_, s) =>
    each.subarray(s * size, (s + 1) * size).reduce((a, b) => a + b, 0),
  );
  expect(relativeL2(await loss(logits).data(), sums)).toBeLessThanOrEqual(1e-5);
  const gradient = tf.grad(loss)(logits, tf.tensor1d(dy));
  const expected = focalGradientReference(x, labels, dy, { sets, queries, columns }, balance);
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-5);
});

test('logits of any size stay finite', async () => {
  const x = tf.tensor3d([1e4, -1e4, 1e4, -1e4], [1, 2, 2]);
  const labels = tf.tensor2d([0, 1], [1, 2], 'int32');
  const loss = (t: tf.Tensor): tf.Tensor => focal(t as tf.Tensor3D, labels, { alpha: 0.25, gamma: 2 });
  // right and sure: 0, 0; sure of the wrong: 0.75 * 1e4 and 0.25 * 1e4
  expect(relativeL2(await loss(x).data(), [10_000])).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(await tf.grad(loss)(x).data(), [0, 0, 0.75, -0.25])).toBeLessThanOrEqual(1e-6);
});

test('shapes that do not fit are refused', () => {
  const labels = tf.zeros<tf.Rank.R2>([2, 3], 'int32');
  expect(() => focal(tf.ones([2, 4, 5]), labels, { alpha: 0.25, gamma: 2 })).toThrow(
    'focal: expected labels [2,4], got [2,3]',
  );
});
