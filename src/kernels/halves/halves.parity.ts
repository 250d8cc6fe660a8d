import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { epilogueReference } from '../epilogue/reference';
import { linear } from '../matmul/op';
import { tuningName } from '../matmul/program';
import { productReference } from '../matmul/reference';
import { VARIANTS } from '../matmul/variants';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import { packedHalves, widened } from './op';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Numbers of f16: 10 bits behind the first one, down to its smallest normal size. */
const halves = (count: number, seed: number): Float32Array =>
  numbers(count, seed).map((value, at) => Math.round(value * 1024) * 2 ** -((at % 5) + 10));

test('packed and widened again, nothing is lost', async () => {
  const values = halves(7 * 12, 1);
  const packed = packedHalves(values, [7, 12])!;
  expect(packed.shape).toEqual([7, 6]);
  const back = widened(packed);
  expect(back.shape).toEqual([7, 12]);
  expect(maxDifference(await back.data(), values)).toBeLessThanOrEqual(0);
});

test('what f16 cannot hold, or rows cannot be read by fours, is not packed', () => {
  expect(packedHalves(numbers(24, 1), [2, 12])).toBeNull();
  expect(packedHalves(halves(6, 1), [1, 6])).toBeNull();
  expect(packedHalves(halves(24, 1), [2, 3, 4])).toBeNull();
});

test.each(VARIANTS)('linear on packed weights, %s: as with the same weights in f32', async (variant) => {
  for (const [rows, inner, columns] of [
    [70, 36, 68],
    [5, 21, 12],
  ] as const) {
    const [x, bias] = [numbers(rows * inner, 1), numbers(columns, 3)];
    const w = halves(inner * columns, 2);
    const out = withVariant(tuningName(false, false, true), variant, () =>
      linear(tf.tensor2d(x, [rows, inner]), packedHalves(w, [inner, columns])!, {
        bias: tf.tensor1d(bias),
        activation: 'gelu',
      }),
    );
    expect(out.shape).toEqual([rows, columns]);
    const sums = productReference(x, w, { matrices: [1, 1], rows, inner, columns });
    const expected = epilogueReference(sums, columns, { bias, activation: 'gelu' });
    expect(relativeL2(await out.data(), expected)).toBeLessThanOrEqual(1e-5);
  }
});

test('gradients pass through frozen packed weights', async () => {
  const [x, w, dy] = [numbers(6 * 8, 1), halves(8 * 4, 2), numbers(6 * 4, 3)];
  const packed = packedHalves(w, [8, 4])!;
  const gradient = tf.grad((input) => linear(input, packed, { activation: 'relu' }));
  const got = gradient(tf.tensor2d(x, [6, 8]), tf.tensor2d(dy, [6, 4]));
  const sums = productReference(x, w, { matrices: [1, 1], rows: 6, inner: 8, columns: 4 });
  const through = dy.map((value, at) => (sums[at]! > 0 ? value : 0));
  const expected = productReference(through, w, {
    matrices: [1, 1],
    rows: 6,
    inner: 4,
    columns: 8,
    transposeB: true,
  });
  expect(relativeL2(await got.data(), expected)).toBeLessThanOrEqual(1e-5);
});

test('packed weights take half of the bytes', () => {
  const values = halves(64 * 64, 1);
  const before = tf.memory().numBytes;
  const packed = packedHalves(values, [64, 64])!;
  expect(tf.memory().numBytes - before).toBe(64 * 64 * 2);
  packed.dispose();
});

test('packed weights of another width are refused by name', () => {
  const packed = packedHalves(halves(8 * 4, 1), [8, 4])!;
  expect(() => linear(tf.zeros([2, 7]), packed)).toThrow(/linear: expected x \[..., 8\] for weight \[8,4\]/);
});
