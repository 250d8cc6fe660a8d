import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { ACTIVATIONS } from '../epilogue/op';
import { epilogueReference } from '../epilogue/reference';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { aroundWarmRounds } from '../testing/leaks';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { linear, matMul } from './op';
import { productReference, type PlainProduct } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

// rows, inner, columns: all multiples of 4, none, and each alone; one row; many rows
const SIZES = [
  [8, 16, 12],
  [100, 8, 100],
  [7, 5, 3],
  [12, 5, 7],
  [5, 8, 9],
  [9, 7, 8],
  [1, 36, 20],
  [1, 1, 1],
  [130, 20, 64],
] as const;

const lead = (count: number): number[] => (count === 1 ? [] : [count]);

function shapes({ matrices, rows, inner, columns, transposeA, transposeB }: PlainProduct): [number[], number[]] {
  return [
    [...lead(matrices[0]), ...(transposeA ? [inner, rows] : [rows, inner])],
    [...lead(matrices[1]), ...(transposeB ? [columns, inner] : [inner, columns])],
  ];
}

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

test.each(SIZES)('matMul: %i x %i x %i, every transpose, every batching', async (rows, inner, columns) => {
  for (const [transposeA, transposeB] of TRANSPOSES) {
    for (const matrices of [
      [1, 1],
      [3, 3],
      [3, 1],
      [1, 3],
    ] as const) {
      const plain = { matrices, rows, inner, columns, transposeA, transposeB };
      const [shapeA, shapeB] = shapes(plain);
      const [a, b] = [numbers(count(shapeA), 1), numbers(count(shapeB), 2)];
      const out = matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB);
      expect(out.shape).toEqual([...lead(Math.max(...matrices)), rows, columns]);
      expect(relativeL2(await out.data(), productReference(a, b, plain))).toBeLessThanOrEqual(1e-5);
    }
  }
});

test.each(TRANSPOSES)('gradients of matMul, transposed %j %j', async (transposeA, transposeB) => {
  const batchings = transposeA
    ? ([[2, 2]] as const)
    : ([
        [2, 2],
        [3, 1],
      ] as const);
  for (const matrices of batchings) {
    const plain = { matrices, rows: 5, inner: 4, columns: 6, transposeA, transposeB };
    const [shapeA, shapeB] = shapes(plain);
    const [a, b] = [Float64Array.from(numbers(count(shapeA), 1)), Float64Array.from(numbers(count(shapeB), 2))];
    const dy = numbers(matrices[0] * 5 * 6, 3);
    const gradients = tf.grads((x, y) => matMul(x, y, transposeA, transposeB))(
      [tf.tensor(Float32Array.from(a), shapeA), tf.tensor(Float32Array.from(b), shapeB)],
      tf.tensor(dy, [matrices[0], 5, 6]),
    );
    const ofA = numericGradient((v) => dot(productReference(v, b, plain), dy), a);
    const ofB = numericGradient((v) => dot(productReference(a, v, plain), dy), b);
    expect(relativeL2(await gradients[0]!.data(), ofA)).toBeLessThanOrEqual(1e-3);
    expect(relativeL2(await gradients[1]!.data(), ofB)).toBeLessThanOrEqual(1e-3);
  }
});

test.each(ACTIVATIONS)('linear with %s, forward and gradients', async (activation) => {
  for (const [rows, inner, columns] of [
    [10, 8, 12],
    [3, 5, 7],
  ] as const) {
    const shape = [2, rows / 2 === Math.floor(rows / 2) ? rows / 2 : rows];
    const total = shape[0]! * shape[1]!;
    const plain = { matrices: [1, 1] as const, rows: total, inner, columns };
    const inputs = [total * inner, inner * columns, columns, total * columns].map((n, seed) =>
      Float64Array.from(numbers(n, seed + 1)),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    const value = ([x, w, bias, residual]: typeof inputs): Float64Array =>
      epilogueReference(productReference(x, w, plain), columns, { bias, activation, residual, scale: 1.5, shift: 0.5 });
    const tensors = [[...shape, inner], [inner, columns], [columns], [...shape, columns]].map((s, at) =>
      tf.tensor(Float32Array.from(inputs[at]!), s),
    );
    const run = (...[x, w, bias, residual]: tf.Tensor[]): tf.Tensor =>
      linear(x!, w as tf.Tensor2D, {
        bias: bias as tf.Tensor1D,
        residual: residual!,
        activation,
        scale: 1.5,
        shift: 0.5,
      });
    expect(relativeL2(await run(...tensors).data(), value(inputs))).toBeLessThanOrEqual(1e-5);
    const dy = numbers(total * columns, 9);
    const gradients = tf.grads(run)(tensors, tf.tensor(dy, [...shape, columns]));
    for (let at = 0; at < 4; at++) {
      const loss = (v: Float64Array): number =>
        dot(value(inputs.map((input, other) => (other === at ? v : input)) as typeof inputs), dy);
      const expected = numericGradient(loss, inputs[at]!);
      expect(relativeL2(await gradients[at]!.data(), expected)).toBeLessThanOrEqual(1e-3);
    }
  }
});

test('tf.fused.matMul runs on it, and what it does not cover on the kernel before', async () => {
  const [a, b, bias] = [numbers(6 * 8, 1), numbers(8 * 4, 2), numbers(4, 3)];
  const sums = productReference(a, b, { matrices: [1, 1], rows: 6, inner: 8, columns: 4 });
  const [ta, tb, tbias] = [tf.tensor2d(a, [6, 8]), tf.tensor2d(b, [8, 4]), tf.tensor1d(bias)];
  const relu = tf.fused.matMul({ a: ta, b: tb, bias: tbias, activation: 'relu' });
  const expected = epilogueReference(sums, 4, { bias, activation: 'relu' });
  expect(relativeL2(await relu.data(), expected)).toBeLessThanOrEqual(1e-5);
  const elu = tf.fused.matMul({ a: ta, b: tb, bias: tbias, activation: 'elu' });
  const eluExpected = epilogueReference(sums, 4, { bias }).map((v) => (v > 0 ? v : Math.expm1(v)));
  expect(relativeL2(await elu.data(), eluExpected)).toBeLessThanOrEqual(1e-5);
});

test('shapes that do not fit are refused by name', () => {
  expect(() => matMul(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(
    /matMul: inner lengths differ: 3 of \[2,3\] and 4 of \[4,5\]/,
  );
  expect(() => matMul(tf.zeros([2, 2, 3]), tf.zeros([3, 3, 5]))).toThrow(/leading axes/);
  expect(() => linear(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(/linear: expected x \[..., 4\]/);
  expect(() => linear(tf.zeros([2, 4]), tf.zeros([4, 5]), { residual: tf.zeros([2, 4]) })).toThrow(
    /residual \[2,5\], got \[2,4\]/,
  );
});

test('warm calls and gradients leave nothing behind', () => {
  const [x, w] = [tf.ones([2, 6, 8]), tf.ones([8, 4]) as tf.Tensor2D];
  const round = (): void => {
    linear(x, w, { activation: 'silu' }).dispose();
    matMul(x, w).dispose();
    tf.dispose(tf.grads((a, b) => linear(a, b as tf.Tensor2D, { activation: 'silu' }))([x, w]));
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});
