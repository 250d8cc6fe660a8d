/** Attention against plain loops: masks, weights, gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numericGradient } from '../kernels/testing/finite-difference';
import { dot, numbers } from '../kernels/testing/gradients';
import { attend } from './layers';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

// B batch, T target tokens, S source tokens, D width, M heads
const [B, T, S, D, M] = [2, 3, 5, 8, 2];
const SEEN = [1, 1, 1, 0, 0, 1, 0, 1, 1, 1];

/** @param seen [B,S] @returns weights [B,M,T,S] and mixed [B,T,D] */
function attendReference(q: Float64Array, k: Float64Array, v: Float64Array, seen: readonly number[]) {
  const d = D / M;
  const weights = new Float64Array(B * M * T * S);
  const mixed = new Float64Array(B * T * D);
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++)
      for (let t = 0; t < T; t++) {
        const scores = Array.from({ length: S }, (_, s) => {
          let score = 0;
          for (let i = 0; i < d; i++) score += q[(b * T + t) * D + m * d + i]! * k[(b * S + s) * D + m * d + i]!;
          return seen[b * S + s] ? Math.exp(score / Math.sqrt(d)) : 0;
        });
        const total = scores.reduce((sum, score) => sum + score);
        scores.forEach((score, s) => {
          weights[((b * M + m) * T + t) * S + s] = score / total;
          for (let i = 0; i < d; i++)
            mixed[(b * T + t) * D + m * d + i]! += (score / total) * v[(b * S + s) * D + m * d + i]!;
        });
      }
  return { weights, mixed };
}

const [q, k, v] = [numbers(B * T * D, 1), numbers(B * S * D, 2), numbers(B * S * D, 3)].map((x) =>
  Float64Array.from(x, (value) => 2 * value),
) as [Float64Array, Float64Array, Float64Array];

function tensors(): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
  return [tf.tensor3d([...q], [B, T, D]), tf.tensor3d([...k], [B, S, D]), tf.tensor3d([...v], [B, S, D])];
}

test.each([
  ['all of the source', undefined],
  ['what the mask leaves', SEEN],
])('attends to %s', async (_, seen) => {
  const keyMask = seen && tf.tensor2d(seen, [B, S]);
  const { mixed, weights } = attend(...tensors(), M, { keyMask, weights: true });
  const expected = attendReference(q, k, v, seen ?? Array<number>(B * S).fill(1));
  expect(weights!.shape).toEqual([B, M, T, S]);
  expect(relativeL2(await weights!.data(), expected.weights)).toBeLessThanOrEqual(1e-5);
  expect(relativeL2(await mixed.data(), expected.mixed)).toBeLessThanOrEqual(1e-5);
  expect(attend(...tensors(), M, { keyMask }).weights).toBeUndefined();
});

test('gradients under a mask', async () => {
  const dy = numbers(B * T * D, 4);
  const keyMask = tf.tensor2d(SEEN, [B, S]);
  const gradients = tf.grads(
    (...x) => attend(x[0] as tf.Tensor3D, x[1] as tf.Tensor3D, x[2] as tf.Tensor3D, M, { keyMask }).mixed,
  )(tensors(), tf.tensor3d(dy, [B, T, D]));
  const inputs = [q, k, v] as const;
  for (const [at, gradient] of gradients.entries()) {
    const loss = (moved: Float64Array): number => {
      const [a, b, c] = inputs.map((input, other) => (other === at ? moved : input)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      return dot(attendReference(a, b, c, SEEN).mixed, dy);
    };
    expect(relativeL2(await gradient.data(), numericGradient(loss, inputs[at]!)), `input ${at}`).toBeLessThanOrEqual(
      1e-3,
    );
  }
});
