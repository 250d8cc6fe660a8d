/** Gradients with a read-back in their middle, against TF.js's own without one. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { linear } from '../kernels/matmul/op';
import { untraced } from '../kernels/untraced';
import { gradientsOf, stopGradient } from './tape';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const x = (): tf.Tensor2D => tf.tensor2d(numbers(12, 1), [4, 3]);
const held = (): object => ({ ...tf.memory(), data: opened.backend.numDataIds() });

/** Two layers; the second one's input is scaled by what JavaScript makes of the first one's output. */
function parameters(): tf.Tensor[] {
  return [tf.tensor2d(numbers(15, 2), [3, 5]), tf.tensor2d(numbers(10, 3), [5, 2]), tf.tensor1d(numbers(4, 4))];
}

const hidden = (w: tf.Tensor): tf.Tensor2D => linear(x(), w as tf.Tensor2D, { activation: 'silu' }) as tf.Tensor2D;
const lossOf = (h: tf.Tensor2D, w: tf.Tensor, scale: number): tf.Scalar => {
  const y = tf.mul(linear(h, w as tf.Tensor2D), scale);
  return tf.sum(tf.mul(tf.square(y), stopGradient(y)));
};

async function waiting(
  all: readonly tf.Tensor[],
): Promise<{ loss: tf.Scalar; value: { h: tf.Tensor; scale: number } }> {
  const h = hidden(all[0]!);
  const copy = untraced(() => tf.tidy(() => tf.mul(h, 1)));
  const scale = Math.max(...(await copy.data()));
  return { loss: lossOf(h, all[1]!, scale), value: { h, scale } };
}

test('the same loss and gradients as in one go; zeros where there is no influence', async () => {
  const all = parameters();
  const { loss, value, gradients } = await gradientsOf(() => waiting(all), all);
  const [w1, w2] = all as [tf.Tensor, tf.Tensor];
  const expected = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => lossOf(hidden(a), b, value.scale))([w1, w2]);
  expect(maxDifference(await loss.data(), await expected.value.data())).toBe(0);
  for (const [at, gradient] of expected.grads.entries()) {
    expect(gradients[at]!.shape).toEqual(all[at]!.shape);
    expect(maxDifference(await gradients[at]!.data(), await gradient.data()), `parameter ${at}`).toBe(0);
    expect(Math.max(...(await gradient.data()))).toBeGreaterThan(0);
  }
  expect([...(await gradients[2]!.data())]).toEqual([0, 0, 0, 0]);
  expect(maxDifference(await value.h.data(), await hidden(w1).data())).toBe(0);
});

test('only loss, value and gradients outlive it', async () => {
  const all = parameters();
  const round = async (): Promise<void> => {
    const { loss, value, gradients } = await gradientsOf(() => waiting(all), all);
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose([loss, value.h, gradients]);
  };
  await round();
  const before = held();
  for (let i = 0; i < 3; i++) await round();
  expect(held()).toEqual(before);
});

test('a throw before, behind and within a scope leaves TF.js as it was', async () => {
  const all = parameters();
  const broken = async (how: 'early' | 'late' | 'open scope'): Promise<never> => {
    const h = hidden(all[0]!);
    if (how === 'open scope') tf.engine().startScope('left open');
    const second = linear(h, all[1] as tf.Tensor2D);
    if (how !== 'early') await untraced(() => tf.clone(second)).data();
    throw new Error(how);
  };
  const fail = async (): Promise<void> => {
    for (const how of ['early', 'late', 'open scope'] as const)
      await expect(gradientsOf(() => broken(how), all)).rejects.toThrow(how);
  };
  await fail();
  const before = held();
  await fail();
  expect(held()).toEqual(before);
  const { gradients } = await gradientsOf(() => waiting(all), all);
  expect(Math.max(...(await gradients[1]!.data()))).toBeGreaterThan(0);
});

test('refuses to be nested, and a loss that is no scalar', async () => {
  const all = parameters();
  const loss = (): tf.Scalar => tf.sum(hidden(all[0]!)) as tf.Scalar;
  const nested = async (): Promise<{ loss: tf.Scalar; value: null }> => {
    await gradientsOf(async () => Promise.resolve({ loss: loss(), value: null }), all);
    return { loss: loss(), value: null };
  };
  await expect(gradientsOf(nested, all)).rejects.toThrow('no other gradient');
  const vector = async (): Promise<{ loss: tf.Scalar; value: null }> =>
    Promise.resolve({ loss: hidden(all[0]!) as unknown as tf.Scalar, value: null });
  await expect(gradientsOf(vector, all)).rejects.toThrow('float32 scalar');
  expect(tf.engine().state.gradientDepth).toBe(0);
});
