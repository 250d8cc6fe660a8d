/** Fused attention against plain loops, finite differences and the composed operations, in both of its variants. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { aroundWarmRounds } from '../testing/leaks';
import { attention } from './op';
import { runForward, runQueryGradient, runSourceGradient, runStatistics, section, type Attention } from './program';
import { attentionReference } from './reference';
import type { AttentionSizes, AttentionTile } from './variant';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

type Three = [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];

const sizesOf = (batch: number, targets: number, sources: number, heads: number, width: number): AttentionSizes => ({
  batch,
  targets,
  sources,
  heads,
  width,
});

/** q, k, v in -2..2, dy in -1..1, and a mask that hides about a third but never all of an image's sources. */
function values({ batch, targets, sources, heads, width }: AttentionSizes) {
  const own = batch * targets * heads * width;
  const other = batch * sources * heads * width;
  const [q, k, v] = [numbers(own, 1), numbers(other, 2), numbers(other, 3)].map((x) => x.map((value) => 2 * value)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const mask = numbers(batch * sources, 4).map((x, at) => (x > -0.3 || at % sources === sources - 1 ? 1 : 0));
  return { q, k, v, dy: numbers(own, 5), mask };
}

function tensorsOf(sizes: AttentionSizes): { inputs: Three; dy: tf.Tensor3D; keyMask: tf.Tensor2D } {
  const { batch, targets, sources, heads, width } = sizes;
  const { q, k, v, dy, mask } = values(sizes);
  const own: [number, number, number] = [batch, targets, heads * width];
  const other: [number, number, number] = [batch, sources, heads * width];
  return {
    inputs: [tf.tensor3d(q, own), tf.tensor3d(k, other), tf.tensor3d(v, other)],
    dy: tf.tensor3d(dy, own),
    keyMask: tf.tensor2d(mask, [batch, sources]),
  };
}

const gradientsOf = (run: (...x: Three) => tf.Tensor, inputs: Three, dy: tf.Tensor): tf.Tensor[] =>
  tf.grads(run as (...x: tf.Tensor[]) => tf.Tensor)(inputs, dy);

describe.each(['registers', 'shared'] as const)('%s', (variant) => {
  test.each([
    [2, 5, 7, 3, 8],
    [1, 20, 33, 2, 16],
    [3, 1, 4, 2, 12],
    [2, 9, 70, 1, 32],
    [1, 67, 3, 2, 64],
    [1, 1, 1, 1, 4],
  ])('forward: %i images, %i targets, %i sources, %i heads of %i', async (...lengths) => {
    const sizes = sizesOf(...(lengths as [number, number, number, number, number]));
    const { q, k, v, mask } = values(sizes);
    const { inputs, keyMask } = tensorsOf(sizes);
    const all = attention(...inputs, sizes.heads, { variant });
    expect(all.shape).toEqual(inputs[0].shape);
    expect(relativeL2(await all.data(), attentionReference(q, k, v, sizes))).toBeLessThanOrEqual(1e-5);
    const seen = attention(...inputs, sizes.heads, { variant, keyMask });
    expect(relativeL2(await seen.data(), attentionReference(q, k, v, sizes, mask))).toBeLessThanOrEqual(1e-5);
  });

  test.each([
    [2, 3, 5, 2, 8],
    [1, 7, 2, 1, 12],
    [1, 2, 6, 2, 16],
    [1, 5, 4, 1, 32],
    [1, 3, 2, 1, 64],
  ])('gradients by differences: %i, %i, %i, %i, %i', async (...lengths) => {
    const sizes = sizesOf(...(lengths as [number, number, number, number, number]));
    const { q, k, v, dy: up, mask } = values(sizes);
    const { inputs, dy, keyMask } = tensorsOf(sizes);
    const plain = [q, k, v].map((x) => Float64Array.from(x));
    // each mask is another set of programs to compile
    for (const hidden of sizes.width === 8 ? [undefined, mask] : [mask]) {
      const options = { variant, ...(hidden && { keyMask }) };
      const gradients = gradientsOf((...x) => attention(...x, sizes.heads, options), inputs, dy);
      for (const [at, gradient] of gradients.entries()) {
        const loss = (moved: Float64Array): number => {
          const [a, b, c] = plain.map((x, other) => (other === at ? moved : x));
          return dot(attentionReference(a!, b!, c!, sizes, hidden), up);
        };
        const expected = numericGradient(loss, plain[at]!);
        expect(relativeL2(await gradient.data(), expected), `input ${at}`).toBeLessThanOrEqual(1e-3);
      }
    }
  });

  test.each([
    [1, 70, 131, 2, 16],
    [2, 67, 40, 1, 32],
  ])('gradients as the composed operations: %i, %i, %i, %i, %i', async (...lengths) => {
    const sizes = sizesOf(...(lengths as [number, number, number, number, number]));
    const { inputs, dy, keyMask } = tensorsOf(sizes);
    const by = (name: 'composed' | typeof variant): tf.Tensor[] =>
      gradientsOf((...x) => attention(...x, sizes.heads, { variant: name, keyMask }), inputs, dy);
    const expected = by('composed');
    for (const [at, gradient] of by(variant).entries())
      expect(relativeL2(await gradient.data(), await expected[at]!.data()), `input ${at}`).toBeLessThanOrEqual(1e-5);
  });

  test('an image whose sources are all hidden: a mean of their values, and no gradient to its queries to speak of', async () => {
    const sizes = sizesOf(1, 3, 6, 1, 8);
    const { inputs, dy } = tensorsOf(sizes);
    const none = tf.mul(inputs[0], 0) as tf.Tensor3D;
    const keyMask = tf.zeros([1, 6]) as tf.Tensor2D;
    const run = (...x: Three): tf.Tensor3D => attention(...x, 1, { variant, keyMask });
    const mean = tf.tile(tf.mean(inputs[2], 1, true), [1, 3, 1]);
    expect(maxDifference(await run(none, inputs[1], inputs[2]).data(), await mean.data())).toBeLessThanOrEqual(1e-5);
    const ofValue = gradientsOf(run, [none, inputs[1], inputs[2]], dy)[2]!;
    const expected = tf.tile(tf.div(tf.sum(dy, 1, true), 6), [1, 6, 1]);
    expect(relativeL2(await ofValue.data(), await expected.data())).toBeLessThanOrEqual(1e-2);
  });

  test('scores in the hundreds stay finite and right', async () => {
    const sizes = sizesOf(1, 5, 21, 2, 16);
    const { q, k, v } = values(sizes);
    const [, ofK, ofV] = tensorsOf(sizes).inputs;
    const large = q.map((x) => 100 * x);
    const got = await attention(tf.tensor3d(large, [1, 5, 32]), ofK, ofV, 2, { variant }).data();
    expect(relativeL2(got, attentionReference(large, k, v, sizes))).toBeLessThanOrEqual(1e-3);
  });

  test('warm calls and gradients leave nothing behind', () => {
    const { inputs, dy, keyMask } = tensorsOf(sizesOf(2, 9, 5, 2, 8));
    const { before, after } = aroundWarmRounds(opened, () => {
      attention(...inputs, 2, { variant, keyMask }).dispose();
      tf.dispose(gradientsOf((...x) => attention(...x, 2, { variant, keyMask }), inputs, dy));
      tf.dispose(gradientsOf((...x) => attention(...x, 2, { variant }), inputs, dy));
    });
    expect(after).toEqual(before);
  });
});

test('more workgroups than one dimension of a dispatch has', async () => {
  const sizes = sizesOf(66000, 1, 2, 1, 4);
  const { q, k, v } = values(sizes);
  const got = await attention(...tensorsOf(sizes).inputs, 1, { variant: 'shared' }).data();
  expect(relativeL2(got, attentionReference(q, k, v, sizes))).toBeLessThanOrEqual(1e-5);
});

/** Tiles that the rule gives to sizes which are too large for a test. */
const TILES: AttentionTile[] = [
  { rows: 1, step: 4, threads: 64, parts: 1, keys: 16 },
  { rows: 2, step: 2, threads: 32, parts: 2, keys: 8 },
  { rows: 1, step: 3, threads: 0, parts: 1, keys: 0 },
  { rows: 4, step: 1, threads: 0, parts: 1, keys: 0 },
];

test.each(TILES)('programs of $rows rows, steps of $step, $threads threads, $parts parts', async (tile) => {
  const sizes = sizesOf(2, 35, 41, 2, 8);
  const { batch, targets, sources, heads } = sizes;
  const { inputs, dy, keyMask } = tensorsOf(sizes);
  const [q, k, v] = inputs;
  const { backend } = opened;
  const call: Attention = { backend, sizes, q, k, v, mask: keyMask };
  const held = (info: tf.TensorInfo): tf.Tensor => tf.engine().makeTensorFromTensorInfo(info);
  const both = held(runForward(call, tile, true));
  const y = held(section(backend, both, 0, q.shape));
  const sums = held(section(backend, both, q.size, [batch, heads, targets, 4]));
  const statistics = held(runStatistics(call, y, sums, dy));
  const ofSources = held(runSourceGradient(call, tile, statistics, dy));
  const composed = (...x: Three): tf.Tensor3D => attention(...x, heads, { variant: 'composed', keyMask });
  const [ofQ, ofK, ofV] = gradientsOf(composed, inputs, dy) as Three;
  const pairs: [string, tf.Tensor, tf.Tensor][] = [
    ['result', y, composed(...inputs)],
    ['queries', held(runQueryGradient(call, tile, statistics, dy)), ofQ],
    ['keys', held(section(backend, ofSources, 0, [batch, sources, heads * 8])), ofK],
    ['values', held(section(backend, ofSources, k.size, [batch, sources, heads * 8])), ofV],
  ];
  for (const [name, got, expected] of pairs)
    expect(relativeL2(await got.data(), await expected.data()), name).toBeLessThanOrEqual(1e-5);
});

test('heads of a width that is no multiple of 4, or above 64, are composed', async () => {
  for (const width of [6, 68]) {
    const sizes = sizesOf(2, 5, 4, 2, width);
    const { q, k, v, mask } = values(sizes);
    const { inputs, keyMask } = tensorsOf(sizes);
    const got = await attention(...inputs, 2, { keyMask }).data();
    expect(relativeL2(got, attentionReference(q, k, v, sizes, mask)), `${width}`).toBeLessThanOrEqual(1e-5);
  }
});

test('shapes that do not fit are refused by name', () => {
  const [[q, k, v], short] = [tensorsOf(sizesOf(2, 5, 4, 2, 8)).inputs, tf.zeros<tf.Rank.R3>([2, 3, 16])];
  expect(() => attention(q, k, v, 3)).toThrow('attention: expected heads to divide D = 16, got 3');
  expect(() => attention(q, k, short, 2)).toThrow('attention: expected v [2,4,16], got [2,3,16]');
  expect(() => attention(q, tf.zeros([1, 4, 16]), v, 2)).toThrow('attention: expected k [2,S,16], got [1,4,16]');
  expect(() => attention(q, k, v, 2, { keyMask: tf.zeros([2, 5]) })).toThrow('expected keyMask [2,4], got [2,5]');
  expect(() =>
    attention(tf.zeros([2, 5, 12]), tf.zeros([2, 4, 12]), tf.zeros([2, 4, 12]), 2, { variant: 'shared' }),
  ).toThrow('attention: expected heads of a width that is a multiple of 4 up to 64 for variant shared, got 6');
});
