import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { epilogueReference } from '../epilogue/reference';
import { hasHalves } from '../extensions';
import { packedHalves } from '../halves/op';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { withVariant } from '../tuning/tuning';
import { linear } from './op';
import { tuningName } from './program';
import { productReference } from './reference';
import { HALF_TILES, possibleVariants } from './variants';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Numbers of f16 over many powers of two. */
const halves = (count: number, seed: number): Float32Array =>
  numbers(count, seed).map((value, at) => Math.round(value * 1024) * 2 ** -((at % 5) + 10));

// rows, inner, columns: more than one tile of each; inner and rows that end inside of a tile
const SIZES = [
  [132, 36, 136],
  [67, 35, 72],
  [5, 130, 8],
] as const;

test.for(HALF_TILES)('%s: linear on packed weights loses nothing', async (variant, context) => {
  if (!hasHalves(opened.device)) return context.skip('the adapter has no f16');
  for (const [rows, inner, columns] of SIZES) {
    const [x, bias, residual] = [numbers(rows * inner, 1), numbers(columns, 3), numbers(rows * columns, 4)];
    const w = halves(inner * columns, 2);
    const out = withVariant(tuningName(false, false, true), variant, () =>
      linear(tf.tensor2d(x, [rows, inner]), packedHalves(w, [inner, columns])!, {
        bias: tf.tensor1d(bias),
        residual: tf.tensor2d(residual, [rows, columns]),
        activation: 'silu',
      }),
    );
    const sums = productReference(x, w, { matrices: [1, 1], rows, inner, columns });
    const expected = epilogueReference(sums, columns, { bias, residual, activation: 'silu' });
    expect(relativeL2(await out.data(), expected), `${rows} x ${inner} x ${columns}`).toBeLessThanOrEqual(1e-5);
  }
  const { pipelineCache } = opened.backend as unknown as { pipelineCache: Record<string, unknown> };
  expect(Object.keys(pipelineCache).some((key) => key.startsWith(`StepMatMul ${variant};`))).toBe(true);
});

test('nobody asks for f16 tiles without packed weights, or without f16', async () => {
  const size = { batch: 1, rows: 300, inner: 256, columns: 256 };
  const [whole, packed] = [{ transposeB: false }, { transposeB: false, halves: true }];
  const isHalf = (variant: string): boolean => HALF_TILES.includes(variant);
  expect(possibleVariants(opened.backend, size, whole).filter(isHalf)).toEqual([]);
  const ours = possibleVariants(opened.backend, size, packed).filter(isHalf);
  expect(ours.length > 0).toBe(hasHalves(opened.device));
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const plain = Object.create(opened.backend, { device: { value: device } }) as typeof opened.backend;
  expect(possibleVariants(plain, size, packed).filter(isHalf)).toEqual([]);
  device.destroy();
});
