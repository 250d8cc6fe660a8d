import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { leastSubgroup } from '../extensions';
import { packedHalves } from '../halves/op';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import { linear, matMul } from './op';
import { tuningName } from './program';
import { productReference } from './reference';
import { possibleVariants, QUADS } from './variants';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const MISSING = 'the adapter has no subgroups';

/** Pipelines of a variant that have these constants. */
function ran(variant: string, ...constants: string[]): number {
  const { pipelineCache } = opened.backend as unknown as { pipelineCache: Record<string, unknown> };
  const keys = Object.keys(pipelineCache).filter((key) => key.startsWith(`StepMatMul ${variant};`));
  return keys.filter((key) => constants.every((constant) => key.includes(constant))).length;
}

// matrices of a and b, rows, inner, columns: a strip and a part of one, rows that end inside of a tile, a few invocations
const SIZES = [
  [1, 1, 133, 36, 80],
  [3, 3, 10, 12, 48],
  [1, 3, 7, 20, 16],
  [3, 1, 1, 4, 144],
] as const;

const LAYOUTS = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
] as const;
// what runs without subgroups, at the same sizes
const CASES = [QUADS, 'direct'].flatMap((variant) => LAYOUTS.map((layout) => ({ variant, ...layout })));

test.for(CASES)('products: %j', async ({ variant, transposeA, transposeB }, context) => {
  if (variant === QUADS && leastSubgroup(opened.device) === 0) return context.skip(MISSING);
  for (const [ofA, ofB, anyRows, inner, columns] of SIZES) {
    const rows = transposeA ? 4 * Math.ceil(anyRows / 4) : anyRows;
    const [a, b] = [numbers(ofA * rows * inner, 1), numbers(ofB * inner * columns, 2)];
    const shapeA = transposeA ? [inner, rows] : [rows, inner];
    const shapeB = transposeB ? [columns, inner] : [inner, columns];
    const out = withVariant(tuningName(transposeA, transposeB), variant, () =>
      tf.matMul(tf.tensor(a, [ofA, ...shapeA]), tf.tensor(b, [ofB, ...shapeB]), transposeA, transposeB),
    );
    const expected = productReference(a, b, { matrices: [ofA, ofB], rows, inner, columns, transposeA, transposeB });
    expect(relativeL2(await out.data(), expected), `${rows} x ${inner} x ${columns}`).toBeLessThanOrEqual(1e-5);
  }
  expect(ran(variant, `TRANSPOSE_A : bool = ${transposeA}`, `TRANSPOSE_B : bool = ${transposeB}`)).toBeGreaterThan(0);
});

test('packed weights by quads, with an epilogue', async (context) => {
  if (leastSubgroup(opened.device) === 0) return context.skip(MISSING);
  const [rows, inner, columns] = [13, 20, 32];
  const x = numbers(rows * inner, 1);
  const w = numbers(inner * columns, 2).map((v) => Math.round(v * 1024) / 1024);
  const out = withVariant(tuningName(false, false, true), QUADS, () =>
    linear(tf.tensor2d(x, [rows, inner]), packedHalves(w, [inner, columns])!, { activation: 'relu' }),
  );
  expect(ran(QUADS, 'HALF_B : bool = true')).toBeGreaterThan(0);
  const sums = productReference(x, w, { matrices: [1, 1], rows, inner, columns });
  expect(
    relativeL2(
      await out.data(),
      sums.map((v) => Math.max(v, 0)),
    ),
  ).toBeLessThanOrEqual(1e-5);
});

test('what quads cannot read goes elsewhere', async () => {
  const size = { batch: 1, rows: 40, inner: 36, columns: 48 };
  const has = (change: Partial<typeof size>, layout = {}): boolean =>
    possibleVariants(opened.backend, { ...size, ...change }, { transposeB: false, ...layout }).includes(QUADS);
  expect(has({})).toBe(leastSubgroup(opened.device) > 0);
  expect(has({ inner: 35 })).toBe(false);
  expect(has({ columns: 40 })).toBe(false);
  expect(has({}, { transposeA: true })).toBe(has({}));
  expect(has({ rows: 41 }, { transposeA: true })).toBe(false);
  // forced or not, the answer is there
  const out = withVariant(tuningName(false, false), QUADS, () => matMul(tf.ones([3, 5]), tf.ones([5, 6])));
  expect(Array.from(await out.data())).toEqual(Array<number>(18).fill(5));
});
