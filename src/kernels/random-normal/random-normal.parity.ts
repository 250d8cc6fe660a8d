import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { randomNormal } from './op';
import { randomNormalReference } from './reference';

/** WGSL's sine and cosine are good to 2^-11, times the largest radius 5.8; one wrong bit of Philox would differ by about 1. */
const TOLERANCE = 5.8 * 2 ** -11;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test.each([
  { shape: [1], seed: 0, stream: 0 },
  { shape: [2, 3], seed: 1, stream: 2 ** 40 + 3 },
  { shape: [3, 4, 5, 17], seed: 2 ** 53 - 1, stream: 0xffffffff },
])('the numbers of plain Philox: $shape, seed $seed, stream $stream', async ({ shape, seed, stream }) => {
  const numbers = randomNormal(shape as tf.ShapeMap[tf.Rank], { seed, stream });
  expect(numbers.shape).toEqual(shape);
  const expected = randomNormalReference(tf.util.sizeFromShape(shape), seed, stream);
  expect(maxDifference(await numbers.data(), expected)).toBeLessThanOrEqual(TOLERANCE);
});

test('200,000 numbers: moments, tails and neighbours of a normal distribution; the same each time', async () => {
  const source = { seed: 11, stream: 5 };
  const count = 200_000;
  const x = (await randomNormal<tf.Rank.R1>([count], source).data()) as Float32Array;
  expect(maxDifference(await randomNormal<tf.Rank.R1>([count], source).data(), x)).toBe(0);
  const mean = (f: (v: number, i: number) => number): number => x.reduce((sum, v, i) => sum + f(v, i), 0) / count;
  const deviations = (got: number, expected: number, variance: number): number =>
    Math.abs(got - expected) / Math.sqrt(variance / count);
  // each within four standard errors
  const within = {
    mean: deviations(
      mean((v) => v),
      0,
      1,
    ),
    variance: deviations(
      mean((v) => v ** 2),
      1,
      2,
    ),
    skewness: deviations(
      mean((v) => v ** 3),
      0,
      15,
    ),
    kurtosis: deviations(
      mean((v) => v ** 4),
      3,
      96,
    ),
    tails: deviations(
      mean((v) => (Math.abs(v) > 2 ? 1 : 0)),
      0.0455003,
      0.0434,
    ),
    ...Object.fromEntries(
      [1, 2, 3, 4].map((lag) => [
        `lag ${lag}`,
        deviations(
          mean((v, i) => v * x[(i + lag) % count]!),
          0,
          1,
        ),
      ]),
    ),
  };
  for (const [name, errors] of Object.entries(within)) expect(errors, name).toBeLessThanOrEqual(4);
});

test('calls leave nothing behind, and a bad seed is refused', () => {
  const before = tf.memory().numTensors;
  randomNormal<tf.Rank.R1>([9], { seed: 1, stream: 1 }).dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(() => randomNormal<tf.Rank.R1>([9], { seed: 1.5, stream: 1 })).toThrow('expected seed to be a whole number');
  expect(() => randomNormal<tf.Rank.R1>([9], { seed: 1, stream: -1 })).toThrow('got -1');
});
