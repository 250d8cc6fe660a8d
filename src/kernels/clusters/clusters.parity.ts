import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { aroundWarmRounds } from '../testing/leaks';
import { hashKeys, spreadGroups, sumGroups, type RowGroups } from './op';
import { hashKeysReference, spreadGroupsReference, sumGroupsReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test.each([
  [1, 1],
  [5, 3],
  [300, 16],
  [130, 33],
])('keys of %i rows of %i numbers', async (rows, width) => {
  const x = numbers(rows * width, 1).map((v) => v * 40);
  // whole numbers, both zeros and what int32 does not hold
  x.set([3, -2, 0, -0, 1e12, -1e12].slice(0, x.length));
  const keys = hashKeys(tf.tensor2d(x, [rows, width]));
  expect(keys.shape).toEqual([rows, 2]);
  expect(Array.from(await keys.data())).toEqual(Array.from(hashKeysReference(x, width)));
});

/** Rows 0, 4, 2 | none | 1 | 5, and row 3 in no group. */
const MEMBERS = [0, 4, 2, 1, 5];
const STARTS = [0, 3, 3, 4, 5];
const OWNER = [0, 2, 0, -1, 0, 3];
const groups = (): RowGroups => ({
  members: tf.tensor1d(MEMBERS, 'int32'),
  starts: tf.tensor1d(STARTS, 'int32'),
  owner: tf.tensor1d(OWNER, 'int32'),
});

test.each([1, 3, 8, 300])('sums and their way back, width %i', async (width) => {
  const [rows, sums] = [numbers(6 * width, 2), numbers(4 * width, 3)];
  const [x, y] = [tf.tensor2d(rows, [6, width]), tf.tensor2d(sums, [4, width])];
  const summed = sumGroupsReference(rows, width, MEMBERS, STARTS);
  const spread = spreadGroupsReference(sums, width, OWNER);
  expect(relativeL2(await sumGroups(x, groups()).data(), summed)).toBeLessThanOrEqual(1e-6);
  expect(Array.from(await spreadGroups(y, groups()).data())).toEqual(Array.from(spread));
  const toRows = tf.grad((v) => sumGroups(v as tf.Tensor2D, groups()))(x, y);
  expect(Array.from(await toRows.data())).toEqual(Array.from(spread));
  const toSums = tf.grad((v) => spreadGroups(v as tf.Tensor2D, groups()))(y, x);
  expect(relativeL2(await toSums.data(), summed)).toBeLessThanOrEqual(1e-6);
});

test('groups that do not fit are refused', () => {
  expect(() => sumGroups(tf.zeros([5, 2]), groups())).toThrow('expected owner [5], got [6]');
  expect(() => spreadGroups(tf.zeros([5, 2]), groups())).toThrow('expected starts [6], got [5]');
});

test('warm rounds leave nothing behind', () => {
  const x: tf.Tensor2D = tf.ones([6, 4]);
  const { before, after } = aroundWarmRounds(opened, () =>
    tf.tidy(() => {
      const own = groups();
      hashKeys(x);
      tf.grad((v) => spreadGroups(sumGroups(v as tf.Tensor2D, own), own))(x);
    }),
  );
  expect(after).toEqual(before);
});
