import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { sine } from './sine';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test('is the sine, on both sides of zero and near its turns', async () => {
  const xs = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 20);
  const near = Float32Array.from({ length: 63 }, (_, i) => ((i - 31) * Math.PI) / 2);
  for (const values of [xs, near]) {
    const found = await tf.tidy(() => sine(tf.tensor1d(values))).data();
    expect(maxDifference(found, values.map(Math.sin))).toBeLessThanOrEqual(5e-7);
  }
});
