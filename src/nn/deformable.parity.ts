/** Deformable attention from queries: where it looks, and that padding changes nothing of it. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import type { TensorSource } from '../lib/tensor-source';
import { lookAroundBoxes, lookAtPoints, type Looked, type Unprojected } from './deformable';
import { Parameters } from './parameters';
import { linear } from './rules';

const [B, Q, D, HEADS] = [2, 5, 8, 2];
const POINTS = [2, 1];
const SAMPLES = 3;
const NAMES = { offsets: 'offsets', weights: 'weights' };
/** Levels of the image alone, and with padding at the right and the bottom. */
const BARE = [
  [4, 6],
  [2, 3],
] as const;
const PADDED = [
  [5, 8],
  [4, 4],
] as const;

let opened: OpenedDevice;
let p: Parameters;
beforeAll(async () => {
  opened = await openTestDevice();
  const rules = [
    ...linear('decoder', 'offsets', D, HEADS * SAMPLES * 2),
    ...linear('decoder', 'weights', D, HEADS * SAMPLES),
    ...linear('decoder', 'project', D, D),
  ];
  const shapes = new Map(rules.flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape] as const)));
  const source: TensorSource = {
    name: 'test',
    names: [...shapes.keys()],
    shape: (tensor) => shapes.get(tensor)!,
    float32: (tensor) =>
      numbers(
        shapes.get(tensor)!.reduce((a, b) => a * b),
        tensor.length,
      ),
  };
  p = Parameters.load(rules, source);
});
afterEach(() => throwFaults(opened));

const query = (): tf.Tensor3D => tf.tensor3d(numbers(B * Q * D, 1), [B, Q, D]);
const boxes = (): tf.Tensor3D =>
  tf.tensor3d(
    numbers(B * Q * 4, 2).map((v) => 0.5 + 0.3 * v),
    [B, Q, 4],
  );
const points = (): tf.Tensor3D => tf.slice(boxes(), [0, 0, 0], [-1, -1, 2]);

/** The same cells in levels of the image alone and in padded ones. */
function values(): [bare: tf.Tensor3D, padded: tf.Tensor3D] {
  const levels = BARE.map(([h, w], level) => tf.tensor4d(numbers(B * h * w * D, 3 + level), [B, h, w, D]));
  const flat = (x: tf.Tensor4D): tf.Tensor3D => tf.reshape(x, [B, x.shape[1] * x.shape[2], D]);
  const wider = levels.map((x, level) => {
    const [h, w] = PADDED[level]!;
    return tf.pad4d(x, [
      [0, 0],
      [0, h - x.shape[1]],
      [0, w - x.shape[2]],
      [0, 0],
    ]);
  });
  return [tf.concat(levels.map(flat), 1), tf.concat(wider.map(flat), 1)];
}

const ratios = (): tf.Tensor3D => {
  const own = BARE.map(([h, w], level) => [w / PADDED[level]![1], h / PADDED[level]![0]]);
  return tf.tensor3d([own, own]);
};

describe.each([
  ['around boxes', lookAroundBoxes, boxes],
  ['at points', lookAtPoints, points],
] as const)('attention %s', (_, look, around) => {
  const sampling = { heads: HEADS, points: POINTS };

  test('says and looks at the same where levels are padded', async () => {
    const [bare, padded] = values();
    const one: Looked = look(p, NAMES, query(), around(), bare, { ...sampling, shapes: BARE });
    const other = look(p, NAMES, query(), around(), padded, { ...sampling, shapes: PADDED, ratios: ratios() });
    expect(one.mixed.shape).toEqual([B, Q, D]);
    expect(one.places().shape).toEqual([B, Q, HEADS, SAMPLES, 2]);
    const close = async (a: tf.Tensor, b: tf.Tensor, part: string): Promise<void> =>
      expect(maxDifference(await a.data(), await b.data()), part).toBeLessThanOrEqual(1e-5);
    await close(other.places(), one.places(), 'places');
    for (const part of ['mixed', 'weights'] as const) await close(other[part], one[part], part);
    const sums = await tf.sum(one.weights, 3).data();
    expect(maxDifference(sums, new Float32Array(sums.length).fill(1))).toBeLessThanOrEqual(1e-5);
  });
});

test('sampling before projecting says the same, and so do its gradients', async () => {
  const tokens = values()[0];
  const sampling = { heads: HEADS, points: POINTS, shapes: BARE };
  // Boxes at the border: some samples lie beyond the levels.
  const wide = tf.add(tf.mul(boxes(), 1.3), tf.tensor1d([0.3, -0.3, 0.4, 0.4])) as tf.Tensor3D;
  const weights = tf.tensor3d(numbers(B * Q * D, 9), [B, Q, D]);
  const names = [...Object.values(NAMES), 'project'].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const learn = async (value: () => tf.Tensor3D | Unprojected): Promise<Float32Array[]> => {
    const { value: sum, grads } = tf.engine().gradients(
      () => tf.sum(tf.mul(lookAroundBoxes(p, NAMES, query(), wide, value(), sampling).mixed, weights)),
      names.map((name) => p.get(name)),
    );
    return Promise.all([sum, ...grads].map(async (tensor) => (await tensor.data()) as Float32Array));
  };
  const late = await learn(() => ({ tokens, projection: 'project' }));
  const early = await learn(() => {
    const flat = tf.matMul(tf.reshape(tokens, [-1, D]), p.get('project.weight'));
    return tf.reshape(tf.add(flat, p.get('project.bias')), tokens.shape);
  });
  early.forEach((expected, i) => {
    expect(expected.some((v) => v !== 0)).toBe(true);
    expect(maxDifference(late[i]!, expected), names[i - 1] ?? 'sum').toBeLessThanOrEqual(1e-4);
  });
});

test('an offset is a part of the box around boxes, and a cell at points', async () => {
  const [value] = values();
  const sampling = { heads: HEADS, points: POINTS, shapes: BARE };
  const offsets = await tf
    .add(tf.matMul(tf.reshape(query(), [B * Q, D]), p.get('offsets.weight')), p.get('offsets.bias'))
    .data();
  const [centres, all] = [await points().data(), await boxes().data()];
  const [at, around] = [
    await lookAtPoints(p, NAMES, query(), points(), value, sampling).places().data(),
    await lookAroundBoxes(p, NAMES, query(), boxes(), value, sampling).places().data(),
  ];
  const each = HEADS * SAMPLES * 2;
  const expected = (of: (row: number, sample: number, axis: number) => number): number[] =>
    Array.from(offsets, (offset, i) => {
      const [row, sample, axis] = [Math.floor(i / each), Math.floor(i / 2) % SAMPLES, i % 2];
      return centres[2 * row + axis]! + offset * of(row, sample, axis);
    });
  const levelOf = (sample: number): number => (sample < POINTS[0]! ? 0 : 1);
  const cells = expected((_, sample, axis) => 1 / BARE[levelOf(sample)]![1 - axis]!);
  const parts = expected((row, sample, axis) => (0.5 / POINTS[levelOf(sample)]!) * all[4 * row + 2 + axis]!);
  expect(maxDifference(at, cells)).toBeLessThanOrEqual(1e-5);
  expect(maxDifference(around, parts)).toBeLessThanOrEqual(1e-5);
});
