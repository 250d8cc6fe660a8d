import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { dot, finiteDifferences, numbers } from '../testing/gradients';
import { upsampleAdd } from './op';
import { upsampleAddReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const SHAPES: [number, number, number, number][] = [
  [1, 3, 5, 8],
  [2, 4, 2, 6],
  [3, 1, 1, 1],
];

test.each(SHAPES)('forward and gradients, coarse level [%i,%i,%i,%i]', async (B, h, w, C) => {
  const fine = numbers(B * h * w * C * 4, 1);
  const coarse = numbers(B * h * w * C, 2);
  const dy = numbers(fine.length, 3);
  const shape = [B, h, w, C];
  const a = tf.tensor4d(fine, [B, 2 * h, 2 * w, C]);
  const b = tf.tensor4d(coarse, [B, h, w, C]);
  expect(maxDifference(await upsampleAdd(a, b).data(), upsampleAddReference(fine, coarse, shape))).toBeLessThanOrEqual(
    1e-6,
  );
  const [da, db] = tf.grads((x, y) => upsampleAdd(x as tf.Tensor4D, y as tf.Tensor4D))(
    [a, b],
    tf.tensor4d(dy, a.shape),
  ) as [tf.Tensor, tf.Tensor];
  expect(maxDifference(await da.data(), dy)).toBeLessThanOrEqual(1e-6);
  const expected = finiteDifferences((x) => dot(upsampleAddReference(fine, x, shape), dy), coarse, 0.5);
  expect(maxDifference(await db.data(), expected)).toBeLessThanOrEqual(1e-4);
});

test('shapes that do not fit are refused with both shapes', () => {
  expect(() => upsampleAdd(tf.zeros([1, 5, 4, 2]), tf.zeros([1, 2, 2, 2]))).toThrow(/\[1,5,4,2\] and \[1,2,2,2\]/);
});
