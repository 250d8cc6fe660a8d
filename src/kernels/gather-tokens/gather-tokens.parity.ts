import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { dot, finiteDifferences, numbers } from '../testing/gradients';
import { gatherTokens } from './op';
import { gatherReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** B, N, Q, C */
const SIZES: [number, number, number, number][] = [
  [1, 5, 3, 8],
  [2, 7, 9, 3],
  [3, 4, 1, 4],
  [2, 70, 66, 12],
];

/** With repetitions, and tokens that nobody reads. */
const indicesOf = (B: number, N: number, Q: number): Int32Array =>
  Int32Array.from({ length: B * Q }, (_, i) => (i * 5 + (i % 3)) % Math.max(1, N - 1));

test.each(SIZES)('forward and gradient, [%i,%i] tokens, %i queries, %i channels', async (B, N, Q, C) => {
  const [values, dy] = [numbers(B * N * C, 1), numbers(B * Q * C, 2)];
  const indices = indicesOf(B, N, Q);
  const shape = [B, N, C];
  const tokens = tf.tensor3d(values, [B, N, C]);
  const at = tf.tensor2d(indices, [B, Q], 'int32');
  const expected = gatherReference(values, indices, shape, Q);
  expect(maxDifference(await gatherTokens(tokens, at).data(), expected)).toBeLessThanOrEqual(0);
  const gradient = tf.grad((x) => gatherTokens(x as tf.Tensor3D, at))(tokens, tf.tensor3d(dy, [B, Q, C]));
  const differences = finiteDifferences((x) => dot(gatherReference(x, indices, shape, Q), dy), values, 0.5);
  expect(maxDifference(await gradient.data(), differences)).toBeLessThanOrEqual(1e-4);
});

test('what does not fit is refused', () => {
  const tokens = tf.zeros<tf.Rank.R3>([2, 3, 4]);
  expect(() => gatherTokens(tokens, tf.zeros([3, 1], 'int32'))).toThrow(/got \[2,3,4\] and int32 \[3,1\]/);
  expect(() => gatherTokens(tokens, tf.zeros([2, 1]))).toThrow(/got \[2,3,4\] and float32/);
});
