/** Clusters over the device: what is together, means, answers, and that seeds decide. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { hashKeysReference } from '../../kernels/clusters/reference';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { backToMembers, disposeClusters, findClusters, hashPlanes, meansOf } from './clusters';
import { groupByKeys } from './grouping';
import type { ClusterSettings } from '../../lib/clusters';

const [IMAGES, TOKENS, WIDTH] = [2, 60, 16];
const SETTINGS: ClusterSettings = { rounds: 6, width: 4, seed: 5 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Eight kinds of tokens, a little apart from their kind. */
const values = (): Float32Array => {
  const [kinds, noise] = [numbers(8 * WIDTH, 1), numbers(IMAGES * TOKENS * WIDTH, 2)];
  return noise.map((v, at) => 5 * kinds[((Math.floor(at / WIDTH) * 5) % 8) * WIDTH + (at % WIDTH)]! + 0.02 * v);
};
const tokensOf = (from: Float32Array): tf.Tensor3D => tf.tensor3d(from, [IMAGES, TOKENS, WIDTH]);

test('clusters are those of the plain hash, h = floor((q a + b) / r) in plain loops', async () => {
  const x = values();
  const clusters = await findClusters(tokensOf(x), SETTINGS, 1);
  const { weight, bias } = hashPlanes(SETTINGS, WIDTH, 1);
  const [a, b] = [await weight.data(), await bias.data()];
  const { rounds } = SETTINGS;
  const hashes = new Float32Array(IMAGES * TOKENS * rounds);
  let nearest = 1;
  for (let row = 0; row < IMAGES * TOKENS; row++)
    for (let l = 0; l < rounds; l++) {
      let h = b[l]!;
      for (let d = 0; d < WIDTH; d++) h += x[row * WIDTH + d]! * a[d * rounds + l]!;
      hashes[row * rounds + l] = Math.floor(h);
      nearest = Math.min(nearest, Math.abs(h - Math.round(h)));
    }
  // no number lies so near to a whole one that rounding decides
  expect(nearest).toBeGreaterThan(1e-5);
  const expected = groupByKeys(hashKeysReference(hashes, rounds), IMAGES);
  expect(Array.from(clusters.grouping.of)).toEqual(Array.from(expected.of));
  expect(clusters.grouping.most).toBeGreaterThan(4);
  expect(clusters.grouping.most).toBeLessThan(TOKENS / 2);
  disposeClusters(clusters);
});

test('b lies in 0..1 and a is standard normal, in units of r', async () => {
  const { weight, bias } = hashPlanes({ rounds: 64, width: 2, seed: 1 }, 256, 0);
  const { mean, variance } = tf.moments(tf.mul(weight, 2));
  // 16,384 numbers: four standard errors of mean and variance
  expect(Math.abs((await mean.data())[0]!)).toBeLessThanOrEqual(4 / 128);
  expect(Math.abs((await variance.data())[0]! - 1)).toBeLessThanOrEqual((4 * Math.SQRT2) / 128);
  const b = await bias.data();
  expect(Math.min(...b)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...b)).toBeLessThan(1);
  expect(Math.max(...b) - Math.min(...b)).toBeGreaterThan(0.8);
});

test('a seed gives the same clusters again, another seed and another layer others', async () => {
  const x = tokensOf(numbers(IMAGES * TOKENS * WIDTH, 3).map((v) => 2 * v));
  const of = async (settings: ClusterSettings, stream: number): Promise<string> => {
    const clusters = await findClusters(x, settings, stream);
    disposeClusters(clusters);
    return clusters.grouping.of.join();
  };
  const first = await of(SETTINGS, 0);
  expect(await of(SETTINGS, 0)).toBe(first);
  expect(await of({ ...SETTINGS, seed: 6 }, 0)).not.toBe(first);
  expect(await of(SETTINGS, 1)).not.toBe(first);
});

test('the narrower r, the more clusters: from one of all to one each', async () => {
  const x = tokensOf(numbers(IMAGES * TOKENS * WIDTH, 3).map((v) => 2 * v));
  const counts: number[] = [];
  for (const width of [1e9, 20, 8, 1e-3]) {
    const clusters = await findClusters(x, { ...SETTINGS, width }, 0);
    counts.push(clusters.grouping.most);
    disposeClusters(clusters);
  }
  expect(counts[0]).toBe(1);
  expect(counts[3]).toBe(TOKENS);
  expect([...counts].sort((a, b) => a - b)).toEqual(counts);
});

test('means of the members, and back: plain loops, with padding in no cluster', async () => {
  const x = values();
  const mask = Float32Array.from({ length: IMAGES * TOKENS }, (_, at) => (at % TOKENS < 50 ? 1 : 0));
  const tokens = tokensOf(x);
  const clusters = await findClusters(tokens, SETTINGS, 0, mask);
  const { of, most } = clusters.grouping;
  const sums = new Float64Array(IMAGES * most * WIDTH);
  const sizes = new Float64Array(IMAGES * most);
  of.forEach((cluster, row) => {
    if (cluster < 0) return;
    const group = Math.floor(row / TOKENS) * most + cluster;
    sizes[group]!++;
    for (let d = 0; d < WIDTH; d++) sums[group * WIDTH + d]! += x[row * WIDTH + d]!;
  });
  const expected = sums.map((sum, at) => sum / Math.max(1, sizes[Math.floor(at / WIDTH)]!));
  const means = meansOf(tokens, clusters);
  expect(means.shape).toEqual([IMAGES, most, WIDTH]);
  expect(relativeL2(await means.data(), expected)).toBeLessThanOrEqual(1e-5);
  const back = await backToMembers(means, clusters).data();
  const wanted = x.map((_, at) => {
    const row = Math.floor(at / WIDTH);
    return of[row]! < 0 ? 0 : expected[(Math.floor(row / TOKENS) * most + of[row]!) * WIDTH + (at % WIDTH)]!;
  });
  expect(maxDifference(back, wanted)).toBeLessThanOrEqual(1e-5);

  // a token's gradient: its cluster's, divided by the members
  const dy = numbers(IMAGES * most * WIDTH, 8);
  const gradient = tf.grad((v) => meansOf(v as tf.Tensor3D, clusters))(tokens, tf.tensor(dy, means.shape));
  const toTokens = x.map((_, at) => {
    const row = Math.floor(at / WIDTH);
    if (of[row]! < 0) return 0;
    const group = Math.floor(row / TOKENS) * most + of[row]!;
    return dy[group * WIDTH + (at % WIDTH)]! / sizes[group]!;
  });
  expect(maxDifference(await gradient.data(), toTokens)).toBeLessThanOrEqual(1e-5);
  disposeClusters(clusters);
});

test('settings out of range are refused before anything is made', async () => {
  const x = tokensOf(values());
  const before = tf.memory().numTensors;
  await expect(findClusters(x, { ...SETTINGS, rounds: 0 }, 0)).rejects.toThrow('clusters.rounds');
  expect(tf.memory().numTensors).toBe(before);
});
