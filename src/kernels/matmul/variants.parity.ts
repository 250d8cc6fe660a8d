import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { epilogueReference } from '../epilogue/reference';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import { linear, matMul } from './op';
import { tuningName } from './program';
import { productReference, type PlainProduct } from './reference';
import { VARIANTS } from './variants';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const OTHERS = VARIANTS.filter((variant) => variant !== 'direct');

/** Without this the tests would pass where a variant is never taken. */
function expectRan(variant: string): void {
  const { pipelineCache } = opened.backend as unknown as { pipelineCache: Record<string, unknown> };
  expect(Object.keys(pipelineCache).some((key) => key.startsWith(`StepMatMul ${variant};`))).toBe(true);
}

const LAYOUTS = [
  [false, false],
  [false, true],
  [true, false],
] as const;

// rows, inner, columns: more than one tile of each with all multiples of 4, none, and one cell
const SIZES = [
  [132, 36, 136],
  [67, 35, 70],
  [5, 130, 9],
  [2, 64, 4],
  [1, 1, 1],
] as const;

async function check(variant: string, plain: Required<PlainProduct>): Promise<void> {
  const { matrices, rows, inner, columns, transposeA, transposeB } = plain;
  const shapeA = [matrices[0], ...(transposeA ? [inner, rows] : [rows, inner])];
  const shapeB = [matrices[1], ...(transposeB ? [columns, inner] : [inner, columns])];
  const a = numbers(matrices[0] * rows * inner, 1);
  const b = numbers(matrices[1] * inner * columns, 2);
  const out = withVariant(tuningName(transposeA, transposeB), variant, () =>
    matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB),
  );
  expect(out.shape).toEqual([Math.max(...matrices), rows, columns]);
  expect(relativeL2(await out.data(), productReference(a, b, plain))).toBeLessThanOrEqual(1e-5);
}

/**
 * Every pipeline takes a software adapter a second or more. Vectors or single numbers are read by the same lines in all
 * tiles (operands.wgsl), so the larger tiles have one of the two in each transposed layout.
 */
function sizesOf(variant: string, transposeA: boolean, transposeB: boolean): readonly (typeof SIZES)[number][] {
  if (!transposeA && !transposeB) return SIZES;
  if (variant === 'split' || variant === 'tile32') return SIZES.slice(0, 2);
  return [transposeA ? SIZES[0] : SIZES[1]];
}

test.each(OTHERS)('%s: every size and layout, and batches', async (variant) => {
  for (const [transposeA, transposeB] of LAYOUTS)
    for (const [rows, inner, columns] of sizesOf(variant, transposeA, transposeB))
      await check(variant, { matrices: [1, 1], rows, inner, columns, transposeA, transposeB });
  // where a matrix begins has nothing to do with its layout
  for (const matrices of [
    [3, 3],
    [1, 3],
    [3, 1],
  ] as const) {
    await check(variant, { matrices, rows: 36, inner: 20, columns: 40, transposeA: false, transposeB: false });
  }
  expectRan(variant);
});

test.each(OTHERS)('%s: the epilogue', async (variant) => {
  // finish() is the same text in all of them: vectors are seen in the smallest two
  const sizes = [
    [7, 21, 33],
    [70, 36, 68],
  ] as const;
  for (const [rows, inner, columns] of variant === 'split' || variant === 'tile32' ? sizes : sizes.slice(0, 1)) {
    const [x, w, bias, residual] = [rows * inner, inner * columns, columns, rows * columns].map((n, at) =>
      numbers(n, at + 1),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const out = withVariant(tuningName(false, false), variant, () =>
      linear(tf.tensor2d(x, [rows, inner]), tf.tensor2d(w, [inner, columns]), {
        bias: tf.tensor1d(bias),
        residual: tf.tensor2d(residual, [rows, columns]),
        activation: 'silu',
        scale: 1.5,
        shift: 0.5,
      }),
    );
    const sums = productReference(x, w, { matrices: [1, 1], rows, inner, columns });
    const expected = epilogueReference(sums, columns, { bias, activation: 'silu', residual, scale: 1.5, shift: 0.5 });
    expect(relativeL2(await out.data(), expected)).toBeLessThanOrEqual(1e-5);
  }
});

test.each(OTHERS)('%s: what lies past the matrices does not leak in', async (variant) => {
  // the inner length ends inside a step of the tile: what follows in b, and the next row in a, is not a number
  const [rows, inner, columns] = [3, 5, 6];
  const a = numbers(rows * inner, 1);
  const b = numbers(inner * columns, 2);
  const padded = Float32Array.from([...b, ...Array.from({ length: inner * columns }, () => NaN)]);
  const both = tf.tensor3d(padded, [2, inner, columns]);
  const out = withVariant(tuningName(false, false), variant, () =>
    matMul(tf.tensor3d(Float32Array.from([...a, ...a]), [2, rows, inner]), both),
  );
  const first = (await out.data()).slice(0, rows * columns);
  const expected = productReference(a, b, { matrices: [1, 1], rows, inner, columns });
  expect(relativeL2(first, expected)).toBeLessThanOrEqual(1e-5);
});
