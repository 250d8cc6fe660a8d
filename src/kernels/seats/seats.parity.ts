import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { dot, finiteDifferences, numbers } from '../testing/gradients';
import { seatTogether } from './op';
import { togetherReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const CASES = [
  { rows: 6, rollouts: 3, own: 2, others: 5, channels: 8 },
  { rows: 3, rollouts: 1, own: 4, others: 1, channels: 3 },
  { rows: 4, rollouts: 4, own: 3, others: 2, channels: 4 },
];

test.each(CASES)(
  'forward and gradient: $rows rows, $rollouts of an image, $own + $others of $channels',
  async (one) => {
    const { channels, ...seats } = one;
    const length = seats.rows * seats.own + (seats.rows / seats.rollouts) * seats.others;
    const values = numbers(length * channels, 1);
    const x = tf.tensor3d(values, [1, length, channels]);
    const out = seatTogether(x, seats);
    expect(out.shape).toEqual([seats.rows, seats.own + seats.others, channels]);
    expect(maxDifference(await out.data(), togetherReference(values, seats, channels))).toBeLessThanOrEqual(0);
    const dy = numbers(out.size, 2);
    const gradient = tf.grad((given) => seatTogether(given as tf.Tensor3D, seats))(x, tf.tensor3d(dy, out.shape));
    const expected = finiteDifferences((given) => dot(togetherReference(given, seats, channels), dy), values, 0.5);
    expect(maxDifference(await gradient.data(), expected)).toBeLessThanOrEqual(1e-4);
  },
);

test('rows that do not fit are refused', () => {
  const seats = { rows: 4, rollouts: 2, own: 3, others: 2 };
  expect(() => seatTogether(tf.zeros([1, 15, 4]), seats)).toThrow(/expected \[1,16,C\].*got \[1,15,4\]/);
  expect(() => seatTogether(tf.zeros([1, 16, 4]), { ...seats, rollouts: 3 })).toThrow(/got \[1,16,4\]/);
});
