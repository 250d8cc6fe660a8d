/** The kernels of learning on TF.js's CPU backend: what the fallback backends run, through the same operations and gradients. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { randomNormal } from './random-normal/op';
import { randomNormalReference } from './random-normal/reference';
import { registerKernels } from './register';
import { maxDifference, relativeL2 } from './testing/compare';
import { numbers } from './testing/gradients';
import { varifocal } from './varifocal/op';
import { varifocalGradientReference, varifocalReference } from './varifocal/reference';

beforeAll(async () => {
  registerKernels();
  await tf.setBackend('cpu');
});

test('varifocal', async () => {
  const x = numbers(2 * 3 * 4, 1).map((v) => 3 * v);
  const [labels, quality, dy] = [
    [0, -1, 3, 2, -1, -1],
    [0.9, 0, 0.2, 0.4, 0, 0],
    [0.7, -2],
  ];
  const logits = tf.tensor3d(x, [2, 3, 4]);
  const loss = (t: tf.Tensor): tf.Tensor =>
    varifocal(t as tf.Tensor3D, tf.tensor2d(labels, [2, 3], 'int32'), tf.tensor2d(quality, [2, 3]));
  const each = varifocalReference(x, labels, quality, 4);
  const sums = [each.subarray(0, 12), each.subarray(12)].map((part) => part.reduce((a, b) => a + b));
  expect(relativeL2(await loss(logits).data(), sums)).toBeLessThanOrEqual(1e-6);
  const expected = varifocalGradientReference(x, labels, quality, dy, { sets: 2, queries: 3, columns: 4 });
  const gradient = tf.grad(loss)(logits, tf.tensor1d(dy));
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-6);
});

test('randomNormal', async () => {
  const drawn = randomNormal<tf.Rank.R2>([3, 5], { seed: 4, stream: 9 });
  expect(drawn.shape).toEqual([3, 5]);
  expect(maxDifference(await drawn.data(), randomNormalReference(15, 4, 9))).toBe(0);
});
