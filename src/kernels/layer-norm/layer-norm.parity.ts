import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { sumReference } from '../rms-norm/reference';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { aroundWarmRounds } from '../testing/leaks';
import { layerNorm } from './op';
import { layerNormReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const EPSILON = 0.01;

/** Numbers far from 0, where a variance of squares would lose digits. */
function values(shape: readonly number[]) {
  const width = shape[shape.length - 1]!;
  const x = numbers(tf.util.sizeFromShape([...shape]), 1).map((v) => 3 * v + 20);
  return { width, x, residual: numbers(x.length, 2), weight: numbers(width, 3), bias: numbers(width, 4) };
}

test.each([[7], [3, 4], [2, 5, 12], [2, 3, 2, 9], [1, 100, 128], [5, 129, 64]])('forward: %j', async (...shape) => {
  const { x, residual, weight, bias } = values(shape);
  const [tx, tr, tw, tb] = [tf.tensor(x, shape), tf.tensor(residual, shape), tf.tensor1d(weight), tf.tensor1d(bias)];
  const alone = layerNorm(tx, tw, tb);
  expect(alone.shape).toEqual(shape);
  expect(relativeL2(await alone.data(), layerNormReference(x, weight, bias, 1e-5))).toBeLessThanOrEqual(1e-5);
  const added = layerNorm(tx, tw, tb, { epsilon: EPSILON, residual: tr });
  const expected = layerNormReference(sumReference(x, residual), weight, bias, EPSILON);
  expect(relativeL2(await added.data(), expected)).toBeLessThanOrEqual(1e-5);
});

// The last two have more rows than one block of the gradients of weight and bias.
test.each([[5], [2, 3, 4], [1, 3, 12], [2, 35, 3], [70, 8]])('gradients: %i, …', async (...shape) => {
  const { x, residual, weight, bias } = values(shape);
  const dy = numbers(x.length, 5);
  const [tx, tr, tw, tb] = [tf.tensor(x, shape), tf.tensor(residual, shape), tf.tensor1d(weight), tf.tensor1d(bias)];
  const tdy = tf.tensor(dy, shape);
  const [x64, w64, b64] = [x, weight, bias].map((v) => Float64Array.from(v)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const sum = sumReference(x64, Float64Array.from(residual));
  const loss = (v: Float64Array, w: Float64Array, b: Float64Array): number =>
    dot(layerNormReference(v, w, b, EPSILON), dy);
  const expectedAt = (v: Float64Array): Float64Array[] => [
    numericGradient((moved) => loss(moved, w64, b64), v),
    numericGradient((moved) => loss(v, moved, b64), w64),
    numericGradient((moved) => loss(v, w64, moved), b64),
  ];

  const alone = tf.grads((v, w, b) => layerNorm(v, w as tf.Tensor1D, b as tf.Tensor1D, { epsilon: EPSILON }));
  const ofAlone = alone([tx, tw, tb], tdy);
  for (const [at, expected] of expectedAt(x64).entries())
    expect(relativeL2(await ofAlone[at]!.data(), expected), `input ${at}`).toBeLessThanOrEqual(1e-3);

  const added = tf.grads((v, w, b, r) =>
    layerNorm(v, w as tf.Tensor1D, b as tf.Tensor1D, { epsilon: EPSILON, residual: r }),
  );
  const ofAdded = added([tx, tw, tb, tr], tdy);
  const [ofSum, ...ofParameters] = expectedAt(sum);
  for (const [at, expected] of [ofSum!, ...ofParameters, ofSum!].entries())
    expect(relativeL2(await ofAdded[at]!.data(), expected), `with residual, input ${at}`).toBeLessThanOrEqual(1e-3);
});

test('a row of equal numbers gives the bias', async () => {
  const y = layerNorm(tf.fill([2, 8], 3), tf.ones([8]) as tf.Tensor1D, tf.fill([8], 0.5) as tf.Tensor1D);
  expect(maxDifference(await y.data(), Array<number>(16).fill(0.5))).toBe(0);
});

test('warm calls and gradients leave nothing behind', () => {
  const [x, residual] = [tf.ones([2, 40, 12]), tf.ones([2, 40, 12])];
  const [weight, bias] = [tf.ones([12]) as tf.Tensor1D, tf.ones([12]) as tf.Tensor1D];
  const normed = (v: tf.Tensor, w: tf.Tensor, b: tf.Tensor, r?: tf.Tensor): tf.Tensor =>
    layerNorm(v, w as tf.Tensor1D, b as tf.Tensor1D, r ? { residual: r } : {});
  const round = (): void => {
    layerNorm(x, weight, bias).dispose();
    tf.dispose(tf.grads((v, w, b) => normed(v, w, b))([x, weight, bias]));
    tf.dispose(tf.grads(normed)([x, weight, bias, residual]));
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('shapes that do not fit are refused by name', () => {
  const [x, fits, short] = [tf.ones([2, 8]), tf.ones([8]) as tf.Tensor1D, tf.ones([7]) as tf.Tensor1D];
  expect(() => layerNorm(x, short, fits)).toThrow('layerNorm: expected weight [8], got [7]');
  expect(() => layerNorm(x, fits, short)).toThrow('layerNorm: expected bias [8], got [7]');
  expect(() => layerNorm(x, fits, fits, { residual: fits })).toThrow('expected residual [2,8], got [8]');
});
