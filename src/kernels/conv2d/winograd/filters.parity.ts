/** What is kept of filters: counted, let go of where no plan reads it, and made again with the same numbers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { record } from '../../plan/record';
import { maxDifference } from '../../testing/compare';
import { openTestDevice, throwFaults } from '../../testing/device';
import { numbers } from '../../testing/gradients';
import { withVariant } from '../../tuning/tuning';
import { conv2d } from '../op';
import { CONV2D } from '../variants';
import { freeKeptFilters, keptFilterBytes } from './filters';

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));
const { backend } = opened;

const ALL = Infinity;
const PADDING = { top: 1, bottom: 1, left: 1, right: 1 };
/** 36 numbers of 4 bytes in the place of 9. */
const bytesOf = (input: number, output: number): number => 4 * 36 * input * output;

const tensorOf = (shape: [number, number, number, number], seed: number): tf.Tensor4D =>
  tf.tensor4d(numbers(tf.util.sizeFromShape(shape), seed), shape);

const convolved = (x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D =>
  withVariant(CONV2D, 'winograd', () => conv2d(x, filter, { strides: [1, 1], padding: PADDING }));

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

test('counted, the one used longest ago goes first, and the next call makes it again', async () => {
  const x = tensorOf([1, 9, 7, 8], 1);
  const filters = [tensorOf([3, 3, 8, 4], 2), tensorOf([3, 3, 8, 12], 3)] as const;
  const before = { ...tf.memory() };
  const [small, large] = [await valuesOf(convolved(x, filters[0])), await valuesOf(convolved(x, filters[1]))];
  expect(keptFilterBytes(backend)).toBe(bytesOf(8, 4) + bytesOf(8, 12));
  await valuesOf(convolved(x, filters[0]));
  freeKeptFilters(backend, 1);
  expect(keptFilterBytes(backend)).toBe(bytesOf(8, 4));
  expect(maxDifference(await valuesOf(convolved(x, filters[1])), large)).toBeLessThanOrEqual(0);
  freeKeptFilters(backend, ALL);
  expect(keptFilterBytes(backend)).toBe(0);
  expect(maxDifference(await valuesOf(convolved(x, filters[0])), small)).toBeLessThanOrEqual(0);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  tf.dispose([x, ...filters]);
  expect(keptFilterBytes(backend)).toBe(0);
});

test('what a plan reads stays until the plan goes', async () => {
  const values = numbers(9 * 7 * 8, 1);
  const filter = tensorOf([3, 3, 8, 4], 2);
  const input = tf.tensor4d(values, [1, 9, 7, 8]);
  const plan = record(backend, [input], () => [convolved(input, filter)]);
  const [first] = await plan.read();
  freeKeptFilters(backend, ALL);
  expect(keptFilterBytes(backend)).toBe(bytesOf(8, 4));
  expect(maxDifference((await plan.read())[0]!, first!)).toBeLessThanOrEqual(0);
  plan.dispose();
  freeKeptFilters(backend, ALL);
  expect(keptFilterBytes(backend)).toBe(0);
  const x = tf.tensor4d(values, [1, 9, 7, 8]);
  expect(maxDifference(await valuesOf(convolved(x, filter)), first!)).toBeLessThanOrEqual(0);
  tf.dispose([x, filter]);
});
