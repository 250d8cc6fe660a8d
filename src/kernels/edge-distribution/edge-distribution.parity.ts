import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { dot, finiteDifferences, numbers } from '../testing/gradients';
import { edgeDistribution } from './op';
import { edgeDistributionReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test.each([
  [1, 3, 33, 4],
  [2, 5, 17, 4],
  [1, 1, 5, 5],
  [3, 2, 2, 1],
])('forward and gradient: batch %i, %i queries, %i bins, top %i', async (B, Q, bins, top) => {
  const logits = numbers(B * Q * 4 * bins, 1).map((v) => v * 3);
  const weights = numbers(bins, 2).map((v) => v * 4);
  const dy = numbers(B * Q * 4 * (top + 2), 3);
  const x = tf.tensor4d(logits, [B, Q, 4, bins]);
  const w = tf.tensor1d(weights);
  const y = edgeDistribution(x, w, top);
  expect(y.shape).toEqual([B, Q, 4, top + 2]);
  expect(maxDifference(await y.data(), edgeDistributionReference(logits, weights, top))).toBeLessThanOrEqual(1e-5);
  const gradient = tf.grad((t) => edgeDistribution(t, w, top))(x, tf.tensor(dy, y.shape));
  const expected = finiteDifferences((t) => dot(edgeDistributionReference(t, weights, top), dy), logits, 2e-3);
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(2e-3);
});

test('equal logits: the lower bins come first and nothing is lost', async () => {
  const x = tf.zeros([2, 8]);
  const y = await edgeDistribution(x, tf.range(0, 8) as tf.Tensor1D, 4).data();
  expect(
    maxDifference(y, [3.5, 0.125, 0.125, 0.125, 0.125, 0.125, 3.5, 0.125, 0.125, 0.125, 0.125, 0.125]),
  ).toBeLessThanOrEqual(1e-5);
});
