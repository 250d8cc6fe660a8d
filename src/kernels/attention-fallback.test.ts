/** The attention kernels on TF.js's CPU backend: what the fallback backends run, through the same operations and gradients. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { deformableAttention } from './deformable-attention/op';
import { deformableAttentionGradientReference, deformableAttentionReference } from './deformable-attention/reference';
import { registerKernels } from './register';
import { rmsNorm } from './rms-norm/op';
import { rmsNormGradientReference, rmsNormReference } from './rms-norm/reference';
import { swiglu } from './swiglu/op';
import { swigluGradientReference, swigluReference } from './swiglu/reference';
import { relativeL2 } from './testing/compare';
import { numbers } from './testing/gradients';
import { topK } from './top-k/op';

beforeAll(async () => {
  registerKernels();
  await tf.setBackend('cpu');
});

async function expectClose(tensor: tf.Tensor, shape: number[], expected: ArrayLike<number>): Promise<void> {
  expect(tensor.shape).toEqual(shape);
  expect(relativeL2(await tensor.data(), expected)).toBeLessThanOrEqual(1e-6);
}

test('deformableAttention', async () => {
  const sampling = { shapes: [[2, 3] as const, [1, 2] as const], points: [2, 1] };
  const extents = { batch: 2, cells: 8, queries: 3, heads: 2, depth: 5 };
  const [value, locations, weights, dy] = [numbers(160, 1), numbers(72, 2), numbers(36, 3), numbers(60, 4)] as const;
  const inputs: [tf.Tensor3D, tf.Tensor5D, tf.Tensor4D] = [
    tf.tensor3d(value, [2, 8, 10]),
    tf.tensor5d(locations, [2, 3, 2, 3, 2]),
    tf.tensor4d(weights, [2, 3, 2, 3]),
  ];
  const y = deformableAttention(...inputs, sampling);
  await expectClose(y, [2, 3, 10], deformableAttentionReference(value, locations, weights, sampling, extents));
  const gradient = tf.grads((v, l, w) =>
    deformableAttention(v as tf.Tensor3D, l as tf.Tensor5D, w as tf.Tensor4D, sampling),
  );
  const [ofValue, ofLocations, ofWeights] = gradient(inputs, tf.tensor(dy, y.shape)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const of = deformableAttentionGradientReference(value, locations, weights, dy, sampling, extents);
  await expectClose(ofValue, [2, 8, 10], of.value);
  await expectClose(ofLocations, [2, 3, 2, 3, 2], of.locations);
  await expectClose(ofWeights, [2, 3, 2, 3], of.weights);
});

test('rmsNorm, with and without residual', async () => {
  const [x, residual, weight, dy] = [numbers(24, 1), numbers(24, 2), numbers(4, 3), numbers(24, 4)] as const;
  const [tx, tr, tw] = [tf.tensor(x, [2, 3, 4]), tf.tensor(residual, [2, 3, 4]), tf.tensor1d(weight)];
  await expectClose(rmsNorm(tx, tw, { epsilon: 0.1 }), [2, 3, 4], rmsNormReference(x, weight, 0.1));
  const sum = x.map((v, i) => v + residual[i]!);
  await expectClose(rmsNorm(tx, tw, { residual: tr }), [2, 3, 4], rmsNormReference(sum, weight, 1e-6));
  const of = rmsNormGradientReference(sum, weight, dy, 1e-6);
  const gradient = tf.grads((v, r, w) => rmsNorm(v, w as tf.Tensor1D, { residual: r }));
  const [ofX, ofResidual, ofWeight] = gradient([tx, tr, tw], tf.tensor(dy, [2, 3, 4])) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  await expectClose(ofX, [2, 3, 4], of.x);
  await expectClose(ofResidual, [2, 3, 4], of.x);
  await expectClose(ofWeight, [4], of.weight);
});

test('swiglu', async () => {
  const [x, dy] = [numbers(30, 1), numbers(15, 2)];
  await expectClose(swiglu(tf.tensor(x, [3, 1, 10])), [3, 1, 5], swigluReference(x, 5));
  const gradient = tf.grad((v) => swiglu(v))(tf.tensor(x, [3, 10]), tf.tensor(dy, [3, 5]));
  await expectClose(gradient, [3, 10], swigluGradientReference(x, dy, 5));
});

test('topK', async () => {
  const indices = topK(tf.tensor3d([1, 9, 4, 4, 9, 0, 2, 2, 1, 3, 5, 5], [2, 3, 2]), 2);
  expect([indices.shape, indices.dtype]).toEqual([[2, 2], 'int32']);
  expect(Array.from(await indices.data())).toEqual([0, 2, 2, 1]);
});

test('calls and gradients leave nothing behind', () => {
  const [x, weight] = [tf.ones([2, 4]), tf.ones([4]) as tf.Tensor1D];
  const before = tf.memory();
  tf.dispose(tf.grads((v, w) => swiglu(rmsNorm(v, w as tf.Tensor1D)))([x, weight]));
  const after = tf.memory();
  expect([after.numTensors, after.numBytes]).toEqual([before.numTensors, before.numBytes]);
});
