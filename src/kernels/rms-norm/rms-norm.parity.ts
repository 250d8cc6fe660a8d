import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { rmsNorm } from './op';
import { rmsNormReference, sumReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const SHAPES = [[1], [7], [3, 4], [2, 5, 12], [2, 3, 2, 9], [1, 100, 128], [5, 129, 64]];
const EPSILONS = [1e-6, 0.5];

test.each(SHAPES)('forward: %j', async (...shape) => {
  const width = shape[shape.length - 1]!;
  const x = numbers(tf.util.sizeFromShape(shape), 1).map((v) => 3 * v);
  const residual = numbers(x.length, 2);
  const weight = numbers(width, 3);
  for (const epsilon of EPSILONS) {
    const [tx, tw, tr] = [tf.tensor(x, shape), tf.tensor1d(weight), tf.tensor(residual, shape)];
    const alone = rmsNorm(tx, tw, { epsilon });
    expect(alone.shape).toEqual(shape);
    expect(relativeL2(await alone.data(), rmsNormReference(x, weight, epsilon))).toBeLessThanOrEqual(1e-5);
    const added = rmsNorm(tx, tw, { epsilon, residual: tr });
    const expected = rmsNormReference(sumReference(x, residual), weight, epsilon);
    expect(relativeL2(await added.data(), expected)).toBeLessThanOrEqual(1e-5);
  }
});

// The last two have more rows than one block of the weight's gradient.
test.each([[5], [2, 3, 4], [1, 3, 12], [2, 35, 3], [70, 8]])('gradients: %i, …', async (...shape) => {
  const width = shape[shape.length - 1]!;
  const epsilon = 0.01;
  const x = numbers(tf.util.sizeFromShape(shape), 4);
  const residual = numbers(x.length, 5);
  const weight = numbers(width, 6);
  const dy = numbers(x.length, 7);
  const [tx, tw, tr, tdy] = [
    tf.tensor(x, shape),
    tf.tensor1d(weight),
    tf.tensor(residual, shape),
    tf.tensor(dy, shape),
  ];
  const at = [x, residual, weight].map((v) => Float64Array.from(v)) as [Float64Array, Float64Array, Float64Array];
  const loss = (v: Float64Array, w: Float64Array): number => dot(rmsNormReference(v, w, epsilon), dy);

  const alone = tf.grads((v, w) => rmsNorm(v, w as tf.Tensor1D, { epsilon }))([tx, tw], tdy);
  expect(
    relativeL2(
      await alone[0]!.data(),
      numericGradient((v) => loss(v, at[2]), at[0]),
    ),
  ).toBeLessThanOrEqual(1e-3);
  expect(
    relativeL2(
      await alone[1]!.data(),
      numericGradient((w) => loss(at[0], w), at[2]),
    ),
  ).toBeLessThanOrEqual(1e-3);

  const sum = sumReference(at[0], at[1]);
  const normed = tf.grads((v, r, w) => rmsNorm(v, w as tf.Tensor1D, { epsilon, residual: r }));
  const [ofX, ofResidual, ofWeight] = normed([tx, tr, tw], tdy) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const expected = numericGradient((v) => loss(v, at[2]), sum);
  expect(relativeL2(await ofX.data(), expected)).toBeLessThanOrEqual(1e-3);
  expect(relativeL2(await ofResidual.data(), expected)).toBeLessThanOrEqual(1e-3);
  expect(
    relativeL2(
      await ofWeight.data(),
      numericGradient((w) => loss(sum, w), at[2]),
    ),
  ).toBeLessThanOrEqual(1e-3);
});

test('a row of zeros gives zeros', async () => {
  const y = rmsNorm(tf.zeros([2, 8]), tf.ones([8]) as tf.Tensor1D);
  expect(Array.from(await y.data())).toEqual(Array<number>(16).fill(0));
});

test('warm calls and gradients leave nothing behind', () => {
  const [x, residual, weight] = [tf.ones([2, 40, 12]), tf.ones([2, 40, 12]), tf.ones([12]) as tf.Tensor1D];
  const round = (): void => {
    rmsNorm(x, weight).dispose();
    tf.dispose(tf.grads((v, w) => rmsNorm(v, w as tf.Tensor1D))([x, weight]));
    tf.dispose(tf.grads((v, r, w) => rmsNorm(v, w as tf.Tensor1D, { residual: r }))([x, residual, weight]));
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('shapes that do not fit are refused by name', () => {
  const x = tf.ones([2, 8]);
  expect(() => rmsNorm(x, tf.ones([7]) as tf.Tensor1D)).toThrow('rmsNorm: expected weight [8], got [7]');
  const residual = tf.ones([8]);
  expect(() => rmsNorm(x, tf.ones([8]) as tf.Tensor1D, { residual })).toThrow('expected residual [2,8], got [8]');
});
