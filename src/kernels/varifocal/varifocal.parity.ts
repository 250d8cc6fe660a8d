import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numbers } from '../testing/gradients';
import { matchability } from './matchability';
import { varifocal } from './op';
import {
  matchabilityGradientReference,
  matchabilityReference,
  RT_DETR_BALANCE as BALANCE,
  varifocalGradientReference,
  varifocalReference,
} from './reference';

const LOSSES = [
  [varifocal, varifocalReference, varifocalGradientReference],
  [matchability, matchabilityReference, matchabilityGradientReference],
] as const;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const SIZES = [
  [1, 1, 1],
  [2, 3, 5],
  [3, 7, 4],
  [1, 100, 80],
] as const;

describe.each(LOSSES)('%o', (op, reference, gradientReference) => {
  test.each(SIZES)('forward and gradient: %i sets, %i queries, %i columns', async (sets, queries, columns) => {
    const x = numbers(sets * queries * columns, 1).map((v) => 8 * v);
    const labels = Int32Array.from(numbers(sets * queries, 2), (v) => Math.round(v * columns)).map((c) =>
      c < columns ? Math.max(c, -1) : -1,
    );
    const quality = numbers(sets * queries, 3).map((v) => (v + 1) / 2);
    const dy = numbers(sets, 4);
    const logits = tf.tensor3d(x, [sets, queries, columns]);
    const loss = (t: tf.Tensor): tf.Tensor =>
      op(
        t as tf.Tensor3D,
        tf.tensor2d(labels, [sets, queries], 'int32'),
        tf.tensor2d(quality, [sets, queries]),
        BALANCE,
      );
    const each = reference(Float64Array.from(x), labels, quality, columns, BALANCE);
    const size = queries * columns;
    const sums = Array.from({ length: sets }, (_, s) =>
      each.subarray(s * size, (s + 1) * size).reduce((a, b) => a + b, 0),
    );
    expect(relativeL2(await loss(logits).data(), sums)).toBeLessThanOrEqual(1e-5);
    const gradient = tf.grad(loss)(logits, tf.tensor1d(dy));
    const expected = gradientReference(x, labels, quality, dy, { sets, queries, columns }, BALANCE);
    expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-5);
  });

  test('another balance, as the loops compute it', async () => {
    const balance = { alpha: 0.4, gamma: 1.5 };
    const [sets, queries, columns] = [2, 3, 4];
    const x = numbers(24, 1).map((v) => 8 * v);
    const [labels, quality, dy] = [[0, -1, 3, 2, -1, -1], [0.9, 0, 0.2, 0.4, 0, 0], numbers(2, 4)];
    const loss = (t: tf.Tensor): tf.Tensor =>
      op(t as tf.Tensor3D, tf.tensor2d(labels, [2, 3], 'int32'), tf.tensor2d(quality, [2, 3]), balance);
    const each = reference(Float64Array.from(x), labels, quality, columns, balance);
    const sums = [each.subarray(0, 12), each.subarray(12)].map((part) => part.reduce((a, b) => a + b, 0));
    const logits = tf.tensor3d(x, [2, 3, 4]);
    expect(relativeL2(await loss(logits).data(), sums)).toBeLessThanOrEqual(1e-5);
    const expected = gradientReference(x, labels, quality, dy, { sets, queries, columns }, balance);
    expect(relativeL2(await tf.grad(loss)(logits, tf.tensor1d(dy)).data(), expected)).toBeLessThanOrEqual(1e-5);
  });
});

test('logits of any size stay finite', async () => {
  const x = tf.tensor3d([1e4, -1e4, 1e4, -1e4], [1, 2, 2]);
  const [labels, quality] = [tf.tensor2d([0, 1], [1, 2], 'int32'), tf.tensor2d([1, 0.5], [1, 2])];
  const loss = (t: tf.Tensor): tf.Tensor => varifocal(t as tf.Tensor3D, labels, quality);
  // right and sure: 0, 0; sure of the wrong: 0.75 * 1e4 and 0.5 * 0.5 * 1e4
  expect(relativeL2(await loss(x).data(), [10_000])).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(await tf.grad(loss)(x).data(), [0, 0, 0.75, -0.25])).toBeLessThanOrEqual(1e-6);
});

test('matchability: logits of any size and no overlap stay finite', async () => {
  const x = tf.tensor3d([1e4, -1e4, 1e4, -1e4], [1, 2, 2]);
  const [labels, quality] = [tf.tensor2d([0, 1], [1, 2], 'int32'), tf.tensor2d([0, 1], [1, 2])];
  const loss = (t: tf.Tensor): tf.Tensor => matchability(t as tf.Tensor3D, labels, quality, { alpha: 1, gamma: 1.5 });
  // sure where nothing fits, surely not; sure of the wrong, sure against the right: 1e4 each
  expect(relativeL2(await loss(x).data(), [30_000])).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(await tf.grad(loss)(x).data(), [1, 0, 1, -1])).toBeLessThanOrEqual(1e-6);
});

test('warm calls and gradients leave nothing behind', () => {
  const x = tf.ones<tf.Rank.R3>([2, 3, 4]);
  const [labels, quality] = [tf.zeros<tf.Rank.R2>([2, 3], 'int32'), tf.ones<tf.Rank.R2>([2, 3])];
  const round = (): void => {
    tf.tidy(() => varifocal(x, labels, quality)).dispose();
    tf.grad((t) => varifocal(t as tf.Tensor3D, labels, quality))(x).dispose();
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('shapes that do not fit are refused', () => {
  const [labels, quality] = [tf.zeros<tf.Rank.R2>([2, 3], 'int32'), tf.ones<tf.Rank.R2>([2, 3])];
  expect(() => varifocal(tf.ones([2, 4, 5]), labels, quality)).toThrow('varifocal: expected labels [2,4], got [2,3]');
});
