/** Attention in strips is attention. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { attentionInStrips, composedAttention, stripLength } from './composed';

const [BATCH, TARGETS, SOURCES, WIDTH, HEADS] = [2, 23, 17, 16, 4];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const tokens = (count: number, seed: number): tf.Tensor3D =>
  tf.tensor3d(numbers(BATCH * count * WIDTH, seed), [BATCH, count, WIDTH]);

test.each([1, 5, 22, 23])('strips of %i targets: values and gradients', async (length) => {
  const inputs = [tokens(TARGETS, 1), tokens(SOURCES, 2), tokens(SOURCES, 3)] as const;
  const mask = numbers(BATCH * SOURCES, 4).map((v, at) => (v > -0.5 || at % SOURCES === 0 ? 1 : 0));
  const keyMask = tf.tensor2d(mask, [BATCH, SOURCES]);
  const most = length * BATCH * HEADS * SOURCES + 1;
  expect(stripLength(TARGETS, BATCH * HEADS * SOURCES, most)).toBe(length);
  const dy = tokens(TARGETS, 5);
  const gradientsOf = (run: (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => tf.Tensor3D): tf.Tensor[] =>
    tf.grads(run as (...x: tf.Tensor[]) => tf.Tensor)([...inputs], dy);
  const whole = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => composedAttention(q, k, v, HEADS, keyMask);
  const strips = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => attentionInStrips(q, k, v, HEADS, keyMask, most);
  expect(maxDifference(await strips(...inputs).data(), await whole(...inputs).data())).toBeLessThanOrEqual(1e-6);
  const wanted = gradientsOf(whole);
  for (const [at, gradient] of gradientsOf(strips).entries())
    expect(relativeL2(await gradient.data(), await wanted[at]!.data()), `gradient ${at}`).toBeLessThanOrEqual(1e-5);
});

test('scores that no buffer holds: every target has its answer', async () => {
  // 8 heads, 2,100 targets and sources: 134.6 MiB
  const [count, width, heads] = [2100, 32, 8];
  const x = tf.tensor3d(numbers(count * width, 6), [1, count, width]);
  const all = attentionInStrips(x, x, x, heads);
  for (const first of [0, 1000, count - 50]) {
    const some = tf.slice(x, [0, first, 0], [1, 50, width]);
    const wanted = await composedAttention(some, x, x, heads).data();
    const got = await tf.slice(all, [0, first, 0], [1, 50, width]).data();
    expect(maxDifference(got, wanted), `from target ${first}`).toBeLessThanOrEqual(1e-6);
    expect(Math.hypot(...got)).toBeGreaterThan(0);
  }
});
