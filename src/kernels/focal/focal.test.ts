import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { registerKernels } from '../register';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { numbers } from '../testing/gradients';
import { focal } from './op';
import { focalGradientReference, focalReference } from './reference';

const BALANCES = [
  { alpha: 0.25, gamma: 2 },
  { alpha: 0.6, gamma: 1.5 },
  { alpha: 0.5, gamma: 0 },
];
const [SETS, QUERIES, COLUMNS] = [2, 3, 4];
const LABELS = [0, -1, 3, 2, -1, -1];

test('cross entropy weighted by how wrong the score is', () => {
  const y = focalReference(Float64Array.of(Math.log(3), 0), [0], 2, { alpha: 0.25, gamma: 2 });
  // right with p = 3/4, wrong with p = 1/2
  const expected = [0.25 * (1 / 16) * -Math.log(0.75), 0.75 * (1 / 4) * Math.log(2)];
  expect(relativeL2(y, expected)).toBeLessThanOrEqual(1e-12);
});

test.each(BALANCES)('the gradient is that of finite differences: %o', (balance) => {
  const x = Float64Array.from(numbers(24, 1), (v) => 3 * v);
  const dy = [0.7, -2];
  const weighted = (moved: Float64Array): number =>
    focalReference(moved, LABELS, COLUMNS, balance).reduce((sum, v, i) => sum + dy[Math.floor(i / 12)]! * v, 0);
  const shape = { sets: SETS, queries: QUERIES, columns: COLUMNS };
  const got = focalGradientReference(x, LABELS, dy, shape, balance);
  expect(relativeL2(got, numericGradient(weighted, x))).toBeLessThanOrEqual(1e-7);
});

test('on TF.js’s CPU backend', async () => {
  registerKernels();
  await tf.setBackend('cpu');
  const [balance] = BALANCES;
  const x = numbers(24, 1).map((v) => 3 * v);
  const dy = [0.7, -2];
  const logits = tf.tensor3d(x, [SETS, QUERIES, COLUMNS]);
  const labels = tf.tensor2d(LABELS, [SETS, QUERIES], 'int32');
  const loss = (t: tf.Tensor): tf.Tensor => focal(t as tf.Tensor3D, labels, balance!);
  const each = focalReference(x, LABELS, COLUMNS, balance!);
  const sums = [each.subarray(0, 12), each.subarray(12)].map((part) => part.reduce((a, b) => a + b));
  expect(relativeL2(await loss(logits).data(), sums)).toBeLessThanOrEqual(1e-6);
  const shape = { sets: SETS, queries: QUERIES, columns: COLUMNS };
  const gradient = tf.grad(loss)(logits, tf.tensor1d(dy));
  expect(relativeL2(await gradient.data(), focalGradientReference(x, LABELS, dy, shape, balance!))).toBeLessThanOrEqual(
    1e-6,
  );
});
