/** Group norm against plain loops, several channels to a group. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { relativeL2 } from '../../kernels/testing/compare';
import { numbers } from '../../kernels/testing/gradients';
import { norm } from '../../nn/rules';
import { Parameters } from '../../nn/parameters';
import { tensorSource } from '../tensors';
import { groupNorm } from './group-norm';

const [B, H, W, C, G] = [2, 3, 5, 6, 2];
const weight = numbers(C, 1).map((v) => 1 + 0.3 * v);
const bias = numbers(C, 2);
const values = numbers(B * H * W * C, 3).map((v) => 2 + 3 * v);

let p: Parameters;
beforeAll(async () => {
  await tf.setBackend('cpu');
  const tensors = new Map([
    ['n.weight', { shape: [C], data: Float32Array.from(weight) }],
    ['n.bias', { shape: [C], data: Float32Array.from(bias) }],
  ]);
  p = Parameters.load(norm('encoder', 'n', C), tensorSource('test', tensors));
});

function plain(x: ArrayLike<number>): number[] {
  const out = Array<number>(x.length).fill(0);
  for (let b = 0; b < B; b++)
    for (let g = 0; g < G; g++) {
      const places: number[] = [];
      for (let cell = 0; cell < H * W; cell++)
        for (let c = (g * C) / G; c < ((g + 1) * C) / G; c++) places.push((b * H * W + cell) * C + c);
      const mean = places.reduce((sum, at) => sum + x[at]!, 0) / places.length;
      const variance = places.reduce((sum, at) => sum + (x[at]! - mean) ** 2, 0) / places.length;
      for (const at of places) {
        const c = at % C;
        out[at] = ((x[at]! - mean) / Math.sqrt(variance + 1e-5)) * weight[c]! + bias[c]!;
      }
    }
  return out;
}

test('forward', async () => {
  const y = groupNorm(p, 'n', tf.tensor4d(values, [B, H, W, C]), G);
  expect(y.shape).toEqual([B, H, W, C]);
  expect(relativeL2(await y.data(), plain(values))).toBeLessThanOrEqual(1e-5);
});

test('gradient to the input: finite differences', async () => {
  const weights = numbers(values.length, 4);
  const dot = (y: ArrayLike<number>): number => weights.reduce((sum, w, i) => sum + w * y[i]!, 0);
  const gradient = tf.grad((x) =>
    tf.sum(tf.mul(groupNorm(p, 'n', x as tf.Tensor4D, G), tf.tensor4d(weights, [B, H, W, C]))),
  )(tf.tensor4d(values, [B, H, W, C]));
  const moving = Float64Array.from(values);
  const expected = Array.from(moving, (value, i) => {
    const step = 1e-5;
    moving[i] = value + step;
    const above = dot(plain(moving));
    moving[i] = value - step;
    const below = dot(plain(moving));
    moving[i] = value;
    return (above - below) / (2 * step);
  });
  expect(relativeL2(await gradient.data(), expected)).toBeLessThanOrEqual(1e-4);
});
