/** Every way of sharing rows, in every program that has it, against plain loops. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { leastSubgroup } from '../extensions';
import { layerNorm } from '../layer-norm/op';
import { layerNormGradientReference, layerNormReference } from '../layer-norm/reference';
import { max, mean, softmax, sum } from '../reduce/op';
import { ROW_REDUCTION, SOFTMAX } from '../reduce/program';
import { reductionReference, softmaxReference } from '../reduce/reference';
import { rmsNorm } from '../rms-norm/op';
import { rmsNormGradientReference, rmsNormReference } from '../rms-norm/reference';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import { ROW_NORM } from './program';
import { possibleSharing, ROW_VARIANTS, sharingOf } from './sharing';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Without this the tests would pass where a variant is never taken. */
function expectRan(program: string): void {
  const { pipelineCache } = opened.backend as unknown as { pipelineCache: Record<string, unknown> };
  expect(Object.keys(pipelineCache).filter((key) => key.startsWith(program))).not.toEqual([]);
}

// Rows and width: a few rows of a workgroup or one over, as vectors of 4 or not, no power of two, wide rows.
const SIZES = [
  [7, 132],
  [65, 36],
  [3, 45],
  [2, 1100],
] as const;

interface Context {
  skip(note: string): void;
}

/** Ends the test with the reason where the adapter cannot run the variant. */
function skipped(variant: string, context: Context): boolean {
  const needed = variant === 'lanes' || variant === 'subgroups';
  if (!needed || leastSubgroup(opened.device) > 0) return false;
  context.skip('the adapter has no subgroups');
  return true;
}

const EPSILON = 1e-3;

function norm(rows: number, width: number) {
  const x = numbers(rows * width, 1).map((v) => 3 * v + 2);
  const [dy, weight, bias] = [numbers(rows * width, 2), numbers(width, 3), numbers(width, 4)];
  const tensors = [tf.tensor2d(x, [rows, width]), tf.tensor1d(weight), tf.tensor1d(bias)];
  return { x, dy, weight, bias, tensors, upstream: tf.tensor2d(dy, [rows, width]) };
}

async function expectAll(got: readonly tf.Tensor[], expected: readonly Float32Array[], label: string): Promise<void> {
  for (const [at, numbers] of expected.entries())
    expect(relativeL2(await got[at]!.data(), numbers), `${label}, ${at}`).toBeLessThanOrEqual(1e-5);
}

test.for(ROW_VARIANTS)('%s: layer norm and its gradients', async (variant, context) => {
  if (skipped(variant, context)) return;
  for (const [rows, width] of SIZES) {
    const { x, dy, weight, bias, tensors, upstream } = norm(rows, width);
    const run = (v: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      layerNorm(v, w as tf.Tensor1D, b as tf.Tensor1D, { epsilon: EPSILON });
    const got = withVariant(ROW_NORM, variant, () => [
      run(...(tensors as [tf.Tensor, tf.Tensor, tf.Tensor])),
      ...tf.grads(run)(tensors, upstream),
    ]);
    const of = layerNormGradientReference(x, weight, dy, EPSILON);
    const forward = layerNormReference(x, weight, bias, EPSILON);
    await expectAll(got, [forward, of.x, of.weight, of.bias], `${rows} x ${width}`);
  }
  for (const program of ['StepLayerNorm', 'StepLayerNormGradStatistics', 'StepLayerNormGradInput'])
    expectRan(`${program} ${variant} `);
});

test.for(ROW_VARIANTS)('%s: RMS norm and its gradients', async (variant, context) => {
  if (skipped(variant, context)) return;
  for (const [rows, width] of SIZES) {
    const { x, dy, weight, tensors, upstream } = norm(rows, width);
    const inputs = tensors.slice(0, 2);
    const run = (v: tf.Tensor, w: tf.Tensor): tf.Tensor => rmsNorm(v, w as tf.Tensor1D, { epsilon: EPSILON });
    const got = withVariant(ROW_NORM, variant, () => [
      run(...(inputs as [tf.Tensor, tf.Tensor])),
      ...tf.grads(run)(inputs, upstream),
    ]);
    const of = rmsNormGradientReference(x, weight, dy, EPSILON);
    await expectAll(got, [rmsNormReference(x, weight, EPSILON), of.x, of.weight], `${rows} x ${width}`);
  }
  for (const program of ['StepRmsNorm', 'StepRmsNormGradScales', 'StepRmsNormGradInput'])
    expectRan(`${program} ${variant} `);
});

test.for(ROW_VARIANTS)('%s: softmax', async (variant, context) => {
  if (skipped(variant, context)) return;
  for (const [rows, width] of [...SIZES, [9, 12] as const]) {
    const x = numbers(rows * width, 1).map((v) => 30 * v);
    const out = withVariant(SOFTMAX, variant, () => softmax(tf.tensor2d(x, [rows, width])));
    expect(relativeL2(await out.data(), softmaxReference(x, width)), `${rows} x ${width}`).toBeLessThanOrEqual(1e-5);
  }
  // masked, and all of the row's weight in its last number
  const masked = Float32Array.from({ length: 2 * 132 }, (_, at) => (at % 132 === 131 ? 1e4 : at < 132 ? -1e9 : -1e4));
  const out = withVariant(SOFTMAX, variant, () => softmax(tf.tensor2d(masked, [2, 132])));
  expect(relativeL2(await out.data(), softmaxReference(masked, 132))).toBeLessThanOrEqual(1e-5);
  expectRan(`StepSoftmax ${variant};`);
});

test.for(ROW_VARIANTS)('%s: sum, mean and maximum of rows', async (variant, context) => {
  if (skipped(variant, context)) return;
  for (const [rows, width] of SIZES) {
    // the maximum is below 0, which is what workgroup memory begins with
    const x = numbers(rows * width, 1).map((v) => v - 2);
    const tensor = tf.tensor2d(x, [rows, width]);
    for (const [kind, operation] of Object.entries({ sum, mean, max })) {
      const out = withVariant(ROW_REDUCTION, variant, () => operation(tensor, 1));
      expect(out.shape).toEqual([rows]);
      const size = { outer: rows, length: width, inner: 1 };
      const expected = reductionReference(x, size, kind as 'sum' | 'mean' | 'max');
      expect(relativeL2(await out.data(), expected), `${kind} of ${rows} x ${width}`).toBeLessThanOrEqual(1e-5);
    }
  }
  expectRan(variant === 'alone' ? 'StepReduce;' : `StepReduceRows ${variant};`);
});

test('without subgroups nobody asks for them', async () => {
  const plain = await (await navigator.gpu.requestAdapter())!.requestDevice();
  for (const vectors of [1, 8, 64, 1000]) {
    const possible = possibleSharing(plain, vectors);
    expect(possible).toEqual(vectors < 8 ? ['alone'] : ['alone', 'shared']);
    for (const variant of possible) expect(sharingOf(plain, variant, vectors, 1).source).not.toMatch(/enable|subgroup/);
  }
  plain.destroy();
});
