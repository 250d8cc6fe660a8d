import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numericGradient } from '../kernels/testing/finite-difference';
import { dot, numbers } from '../kernels/testing/gradients';
import { gaussianKl, gaussianLogProb, gaussianSample } from './gaussian';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** rows x width in plain numbers */
function plainLogProb(action: Float64Array, mean: Float64Array, logStd: Float64Array): Float64Array {
  const width = logStd.length;
  const out = new Float64Array(mean.length / width);
  mean.forEach((mu, i) => {
    const s = logStd[i % width]!;
    const z = (action[i]! - mu) / Math.exp(s);
    out[Math.floor(i / width)]! += (-0.5 * z * z - s - 0.5 * Math.log(2 * Math.PI)) / width;
  });
  return out;
}

function plainKl(
  mean: Float64Array,
  logStd: Float64Array,
  refMean: Float64Array,
  refLogStd: Float64Array,
): Float64Array {
  const width = logStd.length;
  const out = new Float64Array(mean.length / width);
  mean.forEach((mu, i) => {
    const [s, r] = [logStd[i % width]!, refLogStd[i % width]!];
    const moved = Math.exp(2 * s) + (mu - refMean[i]!) ** 2;
    out[Math.floor(i / width)]! += (r - s + moved / (2 * Math.exp(2 * r)) - 0.5) / width;
  });
  return out;
}

const doubles = (count: number, seed: number, scale = 1, shift = 0): Float64Array =>
  Float64Array.from(numbers(count, seed), (v) => Math.fround(v * scale + shift));

test.each([
  [1, 1, 1],
  [2, 3, 5],
  [3, 4, 16],
])('log density and KL, forward and gradients: %i, %i, %i', async (a, b, width) => {
  const shape = [a, b, width];
  const rows = a * b;
  const mean = doubles(rows * width, 1);
  const action = doubles(rows * width, 2);
  const refMean = doubles(rows * width, 3);
  const [logStd, refLogStd] = [doubles(width, 4, 0.5, -0.7), doubles(width, 5, 0.5, -0.5)];
  const dy = numbers(rows, 6);
  const [tAction, tMean, tRef] = [action, mean, refMean].map((v) => tf.tensor(Float32Array.from(v), shape));
  const [tStd, tRefStd] = [logStd, refLogStd].map((v) => tf.tensor1d(Float32Array.from(v)));
  const density = (m: tf.Tensor, s: tf.Tensor): tf.Tensor => gaussianLogProb(tAction!, m, s as tf.Tensor1D);
  const divergence = (m: tf.Tensor, s: tf.Tensor): tf.Tensor => gaussianKl(m, s as tf.Tensor1D, tRef!, tRefStd!);
  const plain = {
    density: (m: Float64Array, s: Float64Array) => plainLogProb(action, m, s),
    divergence: (m: Float64Array, s: Float64Array) => plainKl(m, s, refMean, refLogStd),
  };
  for (const [name, ours] of Object.entries({ density, divergence })) {
    const reference = plain[name as keyof typeof plain];
    const out = ours(tMean!, tStd!);
    expect(out.shape).toEqual([a, b]);
    expect(relativeL2(await out.data(), reference(mean, logStd)), name).toBeLessThanOrEqual(1e-5);
    const [toMean, toStd] = tf.grads(ours)([tMean!, tStd!], tf.tensor2d(dy, [a, b]));
    const byMean = numericGradient((m) => dot(reference(m, logStd), dy), mean);
    const byStd = numericGradient((s) => dot(reference(mean, s), dy), logStd);
    expect(relativeL2(await toMean!.data(), byMean), `${name} to mean`).toBeLessThanOrEqual(1e-4);
    expect(relativeL2(await toStd!.data(), byStd), `${name} to logStd`).toBeLessThanOrEqual(1e-4);
  }
});

test('a policy has no divergence from itself; a sample without noise is the mean', async () => {
  const [mean, logStd] = [tf.tensor2d(numbers(12, 1), [3, 4]), tf.tensor1d(numbers(4, 2))];
  expect(Math.max(...(await tf.abs(gaussianKl(mean, logStd, mean, logStd)).data()))).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(await gaussianSample(mean, logStd, tf.zerosLike(mean)).data(), await mean.data())).toBe(0);
  const moved = await gaussianSample(tf.zeros([1, 2]), tf.tensor1d([0, Math.log(3)]), tf.tensor2d([[2, -1]])).data();
  expect(relativeL2(moved, [2, -3])).toBeLessThanOrEqual(1e-6);
});
