/** Chains: the same answers and gradients as their steps, without the memory of all of them. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { chain } from './chain';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const STEPS = [1, 2, 3].map((factor) => (x: tf.Tensor) => tf.tanh(tf.add(tf.mul(x, factor), tf.square(x))));
const plain = (x: tf.Tensor): tf.Tensor => STEPS.reduce((y, step) => step(y), x);

test('answers and gradients are those of the steps, and nothing is left', async () => {
  const x = tf.tensor(numbers(35, 1), [5, 7]);
  const dy = tf.tensor(numbers(35, 2), [5, 7]);
  const before = tf.memory().numTensors;
  const [y, gradient] = tf.tidy(() => [chain(x, STEPS), tf.grad((z) => chain(z, STEPS))(x, dy)]) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const [expected, slope] = tf.tidy(() => [plain(x), tf.grad(plain)(x, dy)]) as [tf.Tensor, tf.Tensor];
  expect(maxDifference(await y.data(), await expected.data())).toBeLessThanOrEqual(1e-6);
  expect(maxDifference(await gradient.data(), await slope.data())).toBeLessThanOrEqual(1e-6);
  tf.dispose([y, gradient, expected, slope]);
  expect(tf.memory().numTensors).toBe(before);
});

test('a step that hands on what it was given takes nothing away', async () => {
  const x = tf.tensor(numbers(6, 3), [6]);
  const y = tf.tidy(() => chain(x, [(z) => z, (z) => tf.neg(z), (z) => z]));
  expect(
    maxDifference(
      await y.data(),
      Array.from(await x.data(), (value) => -value),
    ),
  ).toBe(0);
});

test('a long chain of large maps needs the memory of a few of them', async () => {
  const bytes = (): number => (tf.memory() as unknown as { numBytesInGPU: number }).numBytesInGPU;
  const map = 2 ** 22;
  const x = tf.zeros([map]);
  await x.data();
  const before = bytes();
  const y = tf.tidy(() =>
    chain(
      x,
      Array<(z: typeof x) => typeof x>(24).fill((z) => tf.add(z, 1)),
    ),
  );
  expect((await tf.slice(y, [map - 1], [1]).data())[0]).toBe(24);
  // each map has 16 MiB; four wait for a submission, and two are in use
  expect(bytes() - before).toBeLessThanOrEqual(8 * map * 4);
});
