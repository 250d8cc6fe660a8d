import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { registerKernels } from '../register';
import { sumReference } from '../rms-norm/reference';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { layerNorm } from './op';
import { layerNormGradientReference, layerNormReference } from './reference';

test('takes the mean away and divides by the deviation', () => {
  const y = layerNormReference(
    Float64Array.of(1, 3, 1, 3, -5, 5, 5, -5),
    Float64Array.of(1, 2, 1, 1),
    Float64Array.of(0, 0, 0.5, 0),
    0,
  );
  expect(relativeL2(y, [-1, 2, -0.5, 1, -1, 2, 1.5, -1])).toBeLessThanOrEqual(1e-12);
});

test('its gradients are those of finite differences', () => {
  const [x, weight, bias, dy] = [
    [35, 1],
    [7, 2],
    [7, 3],
    [35, 4],
  ].map(([count, seed]) => Float64Array.from(numbers(count!, seed!))) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const of = layerNormGradientReference(x, weight, dy, 0.01);
  const loss = (v: Float64Array, w: Float64Array, b: Float64Array): number =>
    dot(layerNormReference(v, w, b, 0.01), dy);
  const expected = [
    numericGradient((v) => loss(v, weight, bias), x),
    numericGradient((w) => loss(x, w, bias), weight),
    numericGradient((b) => loss(x, weight, b), bias),
  ];
  [of.x, of.weight, of.bias].forEach((gradient, at) =>
    expect(relativeL2(gradient, expected[at]!)).toBeLessThanOrEqual(1e-6),
  );
});

test('the fallback backends run the same operation and gradients', async () => {
  registerKernels();
  await tf.setBackend('cpu');
  const [x, residual, dy] = [numbers(30, 1), numbers(30, 2), numbers(30, 3)];
  const [weight, bias] = [numbers(5, 4), numbers(5, 5)];
  const inputs = [tf.tensor2d(x, [6, 5]), tf.tensor1d(weight), tf.tensor1d(bias), tf.tensor2d(residual, [6, 5])];
  const run = (v: tf.Tensor, w: tf.Tensor, b: tf.Tensor, r: tf.Tensor): tf.Tensor =>
    layerNorm(v, w as tf.Tensor1D, b as tf.Tensor1D, { residual: r });
  const sum = sumReference(x, residual);
  const out = await run(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])).data();
  expect(relativeL2(out, layerNormReference(sum, weight, bias, 1e-5))).toBeLessThanOrEqual(1e-6);
  const of = layerNormGradientReference(sum, weight, dy, 1e-5);
  const gradients = tf.grads(run)(inputs, tf.tensor2d(dy, [6, 5]));
  for (const [at, expected] of [of.x, of.weight, of.bias, of.x].entries())
    expect(relativeL2(await gradients[at]!.data(), expected), `input ${at}`).toBeLessThanOrEqual(1e-6);
});
