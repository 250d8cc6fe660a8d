import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { deformableAttention } from './op';
import { deformableAttentionReference, type Extents, type Sampling } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

interface Case {
  sampling: Sampling;
  extents: Extents;
  value: Float32Array;
  locations: Float32Array;
  weights: Float32Array;
  dy: Float32Array;
}

/** Locations reach a quarter beyond the image on every side. */
function makeCase(sampling: Sampling, batch: number, queries: number, heads: number, depth: number): Case {
  const cells = sampling.shapes.reduce((sum, [h, w]) => sum + h * w, 0);
  const samples = batch * queries * heads * sampling.points.reduce((sum, n) => sum + n, 0);
  return {
    sampling,
    extents: { batch, cells, queries, heads, depth },
    value: numbers(batch * cells * heads * depth, 1),
    locations: numbers(samples * 2, 2).map((v) => 0.5 + 0.75 * v),
    weights: numbers(samples, 3),
    dy: numbers(batch * queries * heads * depth, 4),
  };
}

function tensorsOf({ sampling, extents: { batch, cells, queries, heads, depth }, ...c }: Case): {
  value: tf.Tensor3D;
  locations: tf.Tensor5D;
  weights: tf.Tensor4D;
  dy: tf.Tensor3D;
} {
  const samples = sampling.points.reduce((sum, n) => sum + n, 0);
  return {
    value: tf.tensor3d(c.value, [batch, cells, heads * depth]),
    locations: tf.tensor5d(c.locations, [batch, queries, heads, samples, 2]),
    weights: tf.tensor4d(c.weights, [batch, queries, heads, samples]),
    dy: tf.tensor3d(c.dy, [batch, queries, heads * depth]),
  };
}

const THREE_LEVELS: Sampling = {
  shapes: [
    [7, 5],
    [4, 3],
    [2, 1],
  ],
  points: [3, 0, 2],
};
const EIGHT_LEVELS: Sampling = {
  shapes: Array.from({ length: 8 }, (_, l) => [l + 1, 9 - l] as const),
  points: [1, 2, 1, 3, 1, 1, 2, 1],
};

test.each([
  ['one level, one cell', { shapes: [[1, 1]], points: [1] }, 1, 1, 1, 1],
  ['batch, uneven points, vectors', THREE_LEVELS, 2, 5, 3, 8],
  ['batch, uneven points, numbers', THREE_LEVELS, 3, 4, 2, 5],
  ['eight levels', EIGHT_LEVELS, 2, 3, 2, 4],
  [
    'DEIMv2-sized',
    {
      shapes: [
        [20, 25],
        [10, 12],
      ],
      points: [4, 2],
    },
    1,
    100,
    8,
    8,
  ],
] as [string, Sampling, number, number, number, number][])('forward: %s', async (_, sampling, B, Q, M, d) => {
  const c = makeCase(sampling, B, Q, M, d);
  const { value, locations, weights } = tensorsOf(c);
  const y = deformableAttention(value, locations, weights, sampling);
  expect(y.shape).toEqual([B, Q, M * d]);
  const expected = deformableAttentionReference(c.value, c.locations, c.weights, sampling, c.extents);
  expect(relativeL2(await y.data(), expected)).toBeLessThanOrEqual(1e-5);
});

test.each([
  ['vectors', THREE_LEVELS, 2, 3, 2, 4],
  ['numbers', THREE_LEVELS, 2, 2, 3, 3],
  ['eight levels', EIGHT_LEVELS, 1, 2, 2, 4],
] as [string, Sampling, number, number, number, number][])('gradients: %s', async (_, sampling, B, Q, M, d) => {
  const c = makeCase(sampling, B, Q, M, d);
  const { value, locations, weights, dy } = tensorsOf(c);
  const gradient = tf.grads((v, l, w) =>
    deformableAttention(v as tf.Tensor3D, l as tf.Tensor5D, w as tf.Tensor4D, sampling),
  );
  const [ofValue, ofLocations, ofWeights] = gradient([value, locations, weights], dy) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const at: Record<'value' | 'locations' | 'weights', Float64Array> = {
    value: Float64Array.from(c.value),
    locations: Float64Array.from(c.locations),
    weights: Float64Array.from(c.weights),
  };
  const loss = (changed: Partial<typeof at>): number => {
    const all = { ...at, ...changed };
    return dot(deformableAttentionReference(all.value, all.locations, all.weights, sampling, c.extents), c.dy);
  };
  expect(ofLocations.shape).toEqual(locations.shape);
  expect(
    relativeL2(
      await ofValue.data(),
      numericGradient((v) => loss({ value: v }), at.value),
    ),
  ).toBeLessThanOrEqual(1e-3);
  expect(
    relativeL2(
      await ofLocations.data(),
      numericGradient((l) => loss({ locations: l }), at.locations, 1e-6),
    ),
  ).toBeLessThanOrEqual(1e-3);
  expect(
    relativeL2(
      await ofWeights.data(),
      numericGradient((w) => loss({ weights: w }), at.weights),
    ),
  ).toBeLessThanOrEqual(1e-3);
});

test('many samples on one cell add up', async () => {
  const sampling: Sampling = { shapes: [[2, 3]], points: [4] };
  const [Q, d] = [64, 4];
  const value = tf.zeros([1, 6, d]) as tf.Tensor3D;
  const locations = tf.fill([1, Q, 1, 4, 2], 0.5) as tf.Tensor5D;
  const weights = tf.ones([1, Q, 1, 4]) as tf.Tensor4D;
  const gradient = tf.grad((v) => deformableAttention(v as tf.Tensor3D, locations, weights, sampling))(value);
  // (0.5, 0.5) is the middle column, halfway between the two rows.
  const half = (Q * 4) / 2;
  const cells = [0, half, 0, 0, half, 0];
  expect(
    relativeL2(
      await gradient.data(),
      cells.flatMap((v) => Array<number>(d).fill(v)),
    ),
  ).toBeLessThanOrEqual(1e-6);
});

test('the gradient of the values is the same to the last bit in every run', async () => {
  const sampling: Sampling = { shapes: [[3, 2]], points: [4] };
  const c = makeCase(sampling, 1, 300, 2, 8);
  const { value, locations, weights, dy } = tensorsOf(c);
  // terms of very different sizes, whose sum depends on their order
  const uneven = tf.mul(dy, tf.exp(tf.mul(dy, 12))) as tf.Tensor3D;
  const gradient = tf.grad((v) => deformableAttention(v as tf.Tensor3D, locations, weights, sampling));
  const runs = [];
  for (let run = 0; run < 3; run++) runs.push(await gradient(value, uneven).data());
  expect(maxDifference(runs[1]!, runs[0]!)).toBe(0);
  expect(maxDifference(runs[2]!, runs[0]!)).toBe(0);
});

test('a gradient that is not a number does not become one', async () => {
  const sampling: Sampling = { shapes: [[1, 1]], points: [1] };
  const value = tf.zeros([1, 1, 4]) as tf.Tensor3D;
  const [locations, weights] = [tf.fill([1, 2, 1, 1, 2], 0.5) as tf.Tensor5D, tf.ones([1, 2, 1, 1]) as tf.Tensor4D];
  const gradient = tf.grad((v) => deformableAttention(v as tf.Tensor3D, locations, weights, sampling));
  for (const bad of [NaN, Infinity]) {
    const of = await gradient(value, tf.tensor3d([1, 1, 1, 1, bad, 1, 1, 1], [1, 2, 4])).data();
    expect(Number.isFinite(of[0]!)).toBe(false);
  }
});

test('samples at NaN, infinity and far away read nothing', async () => {
  const locations = tf.tensor5d([NaN, 0.5, Infinity, 0.5, 1e30, 0.5, 0.5, -3e9], [1, 1, 1, 4, 2]);
  const value = tf.ones([1, 6, 4]) as tf.Tensor3D;
  const weights = tf.ones([1, 1, 1, 4]) as tf.Tensor4D;
  const y = deformableAttention(value, locations, weights, { shapes: [[2, 3]], points: [4] });
  expect(Array.from(await y.data())).toEqual([0, 0, 0, 0]);
});

test('warm calls and gradients leave nothing behind', async () => {
  const { value, locations, weights } = tensorsOf(makeCase(THREE_LEVELS, 2, 5, 3, 8));
  const round = (): void => {
    deformableAttention(value, locations, weights, THREE_LEVELS).dispose();
    const gradient = tf.grads((v, l, w) =>
      deformableAttention(v as tf.Tensor3D, l as tf.Tensor5D, w as tf.Tensor4D, THREE_LEVELS),
    );
    tf.dispose(gradient([value, locations, weights]));
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('shapes that do not fit are refused by name', () => {
  const { value, locations, weights } = tensorsOf(makeCase(THREE_LEVELS, 1, 2, 3, 4));
  const short: Sampling = { ...THREE_LEVELS, points: [3, 0, 1] };
  expect(() => deformableAttention(value, locations, weights, short)).toThrow(
    'expected weights [1,Q,M,4], got [1,2,3,5]',
  );
});
