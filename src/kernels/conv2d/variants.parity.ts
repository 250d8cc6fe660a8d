/** Every program of the convolution at sizes that fill no tile, and what is kept of filters. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { bufferOf, deviceCopy } from '../adamw/device-copy';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { forwardDifference, gradientDifference } from '../testing/convolutions';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import type { DilatedOptions } from './geometry';
import { conv2d } from './op';
import { CONV2D, FILTER_GRADIENT } from './variants';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const padded = (top: number, bottom: number, left: number, right: number) => ({ top, bottom, left, right });

type Size = readonly [
  x: readonly [number, number, number, number],
  filter: readonly [number, number, number, number],
  strides: readonly [number, number],
  padding: ReturnType<typeof padded>,
  dilation?: number,
];

const plainOf = ([x, filter, strides, padding, dilation = 1]: Size) => ({
  xShape: [...x] as [number, number, number, number],
  filterShape: [...filter] as [number, number, number, number],
  strides,
  padding,
  dilation,
});

const as =
  (variant: string) =>
  (x: tf.Tensor4D, filter: tf.Tensor4D, options: DilatedOptions): tf.Tensor4D =>
    withVariant(CONV2D, variant, () => withVariant(FILTER_GRADIENT, variant, () => conv2d(x, filter, options)));

const EPILOGUE = { withBias: true, withResidual: true, activation: 'silu' as const, scale: 1.5, shift: -0.25 };

const THREE_BY_THREE: Size[] = [
  [[1, 9, 6, 8], [3, 3, 8, 12], [1, 1], padded(1, 1, 1, 1)],
  [[2, 4, 11, 4], [3, 3, 4, 8], [1, 1], padded(0, 2, 1, 0)],
  [[3, 3, 3, 12], [3, 3, 12, 4], [1, 1], padded(0, 0, 0, 0)],
  [[1, 12, 8, 64], [3, 3, 64, 20], [1, 1], padded(1, 1, 2, 2)],
];

test('winograd', async () => {
  for (const size of THREE_BY_THREE) {
    const plain = plainOf(size);
    // the transform's constants reach 8: an order of magnitude less exact than a sum of products
    expect(await forwardDifference(as('winograd'), plain)).toBeLessThanOrEqual(1e-5);
    expect(await forwardDifference(as('winograd'), { ...plain, ...EPILOGUE })).toBeLessThanOrEqual(1e-5);
  }
});

const ALL: Size[] = [
  ...THREE_BY_THREE.slice(0, 2),
  [[1, 13, 11, 3], [7, 7, 3, 8], [2, 2], padded(3, 3, 3, 3)],
  [[2, 6, 9, 5], [5, 3, 5, 8], [1, 2], padded(2, 1, 0, 2)],
  [[1, 8, 10, 8], [3, 2, 8, 36], [2, 2], padded(1, 0, 0, 1)],
  [[1, 9, 8, 4], [3, 3, 4, 8], [1, 1], padded(2, 2, 2, 2), 2],
];

test.each([
  ['direct', ALL],
  ['tile32', ALL],
  ['tile64', ALL.slice(0, 1)],
] as const)('%s at every geometry', async (variant, sizes) => {
  for (const size of sizes) {
    expect(await forwardDifference(as(variant), { ...plainOf(size), ...EPILOGUE })).toBeLessThanOrEqual(1e-5);
  }
});

const GRADIENTS: Size[] = [
  [[2, 4, 5, 4], [3, 3, 4, 8], [1, 1], padded(1, 1, 1, 1)],
  [[1, 6, 7, 3], [3, 3, 3, 4], [2, 2], padded(0, 1, 0, 1)],
  [[1, 6, 5, 4], [3, 2, 4, 4], [1, 1], padded(2, 2, 1, 1), 2],
];

test.each(['direct', 'winograd', 'tile32'])('gradients as %s', async (variant) => {
  for (const size of GRADIENTS) {
    expect(await gradientDifference(as(variant), { ...plainOf(size), activation: 'silu' })).toBeLessThanOrEqual(1e-3);
  }
});

test('the filter’s gradient over several chunks of cells', async () => {
  const [x, filter, dy] = [
    tf.tensor4d(numbers(2 * 23 * 25 * 4, 1), [2, 23, 25, 4]),
    tf.tensor4d(numbers(9 * 4 * 8, 2), [3, 3, 4, 8]),
    tf.tensor4d(numbers(2 * 23 * 25 * 8, 3), [2, 23, 25, 8]),
  ];
  const options = { strides: [1, 1] as const, padding: padded(1, 1, 1, 1) };
  const [direct, tiled] = await Promise.all(
    ['direct', 'tile32'].map((variant) =>
      tf
        .grad((w) => as(variant)(x, w as tf.Tensor4D, options))(filter, dy)
        .data(),
    ),
  );
  expect(maxDifference(tiled!, direct!)).toBeLessThanOrEqual(1e-4);
});

const ONES = { strides: [1, 1] as const, padding: padded(1, 1, 1, 1) };
const once = async (x: tf.Tensor4D, filter: tf.Tensor4D): Promise<number> => {
  const y = as('winograd')(x, filter, ONES);
  const centre = (await y.data())[(4 + 1) * 4]!;
  y.dispose();
  return centre;
};

test('a filter that is written in place is transformed anew', async () => {
  const x: tf.Tensor4D = tf.ones([1, 4, 4, 4]);
  const filter: tf.Tensor4D = deviceCopy(tf.ones([3, 3, 4, 4]));
  expect(await once(x, filter)).toBeCloseTo(36, 4);
  const twice = new Float32Array(filter.size).fill(2);
  opened.device.queue.writeBuffer(bufferOf(opened.backend, filter), 0, twice);
  expect(await once(x, filter)).toBeCloseTo(72, 4);
  tf.dispose([x, filter]);
});

test('what is kept of a filter goes with it', async () => {
  const x: tf.Tensor4D = tf.ones([1, 4, 4, 4]);
  const before = opened.backend.numDataIds();
  const filter: tf.Tensor4D = tf.ones([3, 3, 4, 4]);
  expect(await once(x, filter)).toBeCloseTo(36, 4);
  await throwFaults(opened);
  expect(opened.backend.numDataIds()).toBe(before + 2);
  filter.dispose();
  await throwFaults(opened);
  expect(opened.backend.numDataIds()).toBe(before);
  x.dispose();
});

test('warm calls and gradients of winograd leave nothing behind', () => {
  const [x, filter] = [tf.ones([1, 6, 6, 4]) as tf.Tensor4D, tf.ones([3, 3, 4, 4]) as tf.Tensor4D];
  const { before, after } = aroundWarmRounds(opened, () => {
    as('winograd')(x, filter, ONES).dispose();
    tf.dispose(tf.grads((v, w) => as('winograd')(v as tf.Tensor4D, w as tf.Tensor4D, ONES))([x, filter]));
  });
  expect(after).toEqual(before);
});
