/** Attention on TF.js's CPU backend, as the fallback runs it, and the rule that chooses a variant. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerKernels } from '../register';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { attention } from './op';
import { attentionReference } from './reference';
import { attentionVariant, sharedVectors, tileOf, type AttentionPass, type AttentionSizes } from './variant';

beforeAll(async () => {
  registerKernels();
  await tf.setBackend('cpu');
});

test('without WebGPU: result and gradients', async () => {
  const sizes = { batch: 2, targets: 3, sources: 4, heads: 2, width: 4 };
  const [q, k, v, up] = [numbers(48, 1), numbers(64, 2), numbers(64, 3), numbers(48, 4)];
  const mask = [1, 0, 1, 1, 0, 1, 1, 0];
  const keyMask = tf.tensor2d(mask, [2, 4]);
  const inputs: [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] = [
    tf.tensor3d(q!, [2, 3, 8]),
    tf.tensor3d(k!, [2, 4, 8]),
    tf.tensor3d(v!, [2, 4, 8]),
  ];
  const y = attention(...inputs, 2, { keyMask });
  expect(relativeL2(await y.data(), attentionReference(q!, k!, v!, sizes, mask))).toBeLessThanOrEqual(1e-6);
  const gradients = tf.grads((...x) => attention(...(x as typeof inputs), 2, { keyMask }))(
    inputs,
    tf.tensor3d(up!, [2, 3, 8]),
  );
  const plain = [q!, k!, v!].map((x) => Float64Array.from(x));
  for (const [at, gradient] of gradients.entries()) {
    const loss = (moved: Float64Array): number => {
      const [a, b, c] = plain.map((x, other) => (other === at ? moved : x));
      return dot(attentionReference(a!, b!, c!, sizes, mask), up!);
    };
    expect(relativeL2(await gradient.data(), numericGradient(loss, plain[at]!)), `input ${at}`).toBeLessThanOrEqual(
      1e-3,
    );
  }
});

const PASSES: AttentionPass[] = ['forward', 'queryGradient', 'sourceGradient'];
const sizesOf = (width: number, targets: number): AttentionSizes => ({
  batch: 1,
  targets,
  sources: 2 * targets,
  heads: 8,
  width,
});

describe('tiles', () => {
  test.each([4, 8, 12, 16, 20, 32, 48, 64])('of heads of %i fit what every device grants', (width) => {
    for (const targets of [1, 20, 300, 1000, 3000])
      for (const pass of PASSES) {
        const tile = tileOf('shared', pass, sizesOf(width, targets), 4096);
        const bytes = sharedVectors(pass, width, tile) * 16 + tile.keys * 8;
        expect(bytes, JSON.stringify(tile)).toBeLessThanOrEqual(16384);
        expect(tile.keys % (tile.step * tile.parts), JSON.stringify(tile)).toBe(0);
        expect(tile.keys).toBeGreaterThan(0);
      }
  });

  test('few rows are shared by several invocations, many are not', () => {
    expect(tileOf('shared', 'forward', sizesOf(32, 100), 4096).parts).toBe(8);
    expect(tileOf('shared', 'forward', sizesOf(32, 3000), 4096).parts).toBe(1);
  });

  test('own fewer rows where heads are wide or rows are few', () => {
    const rows = (width: number, targets: number): number =>
      tileOf('registers', 'sourceGradient', sizesOf(width, targets), 64).rows;
    expect(rows(16, 1000)).toBe(4);
    expect(rows(64, 1000)).toBe(2);
    expect(rows(16, 2)).toBeLessThan(4);
  });
});

test('adapters that compute on the CPU do without shared memory; odd widths are composed', () => {
  expect(attentionVariant(true, sizesOf(32, 300))).toBe('registers');
  expect(attentionVariant(false, sizesOf(32, 300))).toBe('shared');
  for (const software of [true, false])
    for (const width of [6, 68]) expect(attentionVariant(software, sizesOf(width, 300))).toBe('composed');
});
