import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { clippedPolicyLoss, clipShare, policyRatio, reinforceLoss } from './policy-losses';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

// Ratios 1, 1.5, 1.5, 0.5, 0.5, 1.1: inside, beyond either edge with either sign of the advantage.
const ratios = [1, 1.5, 1.5, 0.5, 0.5, 1.1];
const old = [-1, -2, 0.5, -0.3, -1, 0];
const advantage = [2, 3, -1, 4, -2, 1];
const now = ratios.map((ratio, i) => old[i]! + Math.log(ratio));
const tensors = (): tf.Tensor[] => [now, old, advantage].map((values) => tf.tensor2d(values, [2, 3]));

test('clip: earns nothing beyond the edge, loses in full', async () => {
  const [logProb, oldLogProb, weight] = tensors() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const loss = (x: tf.Tensor): tf.Scalar => clippedPolicyLoss(x, oldLogProb, weight, 0.2);
  // 2, 1.2 * 3 clipped, -1.5, 0.5 * 4, 0.8 * -2 clipped, 1.1
  const kept = [2, 3.6, -1.5, 2, -1.6, 1.1];
  const expected = -kept.reduce((a, b) => a + b) / 6;
  expect(relativeL2(await loss(logProb).data(), [expected])).toBeLessThanOrEqual(1e-5);
  const slopes = [2, 0, -1.5, 2, 0, 1.1].map((v) => -v / 6);
  expect(relativeL2(await tf.grad(loss)(logProb).data(), slopes)).toBeLessThanOrEqual(1e-5);
});

test('REINFORCE: the gradient is minus the advantage, by the number of terms', async () => {
  const [logProb, , weight] = tensors() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const loss = (x: tf.Tensor): tf.Scalar => reinforceLoss(x, weight);
  const expected = -now.reduce((sum, value, i) => sum + value * advantage[i]!, 0) / 6;
  expect(relativeL2(await loss(logProb).data(), [expected])).toBeLessThanOrEqual(1e-5);
  const slopes = advantage.map((a) => -a / 6);
  expect(relativeL2(await tf.grad(loss)(logProb).data(), slopes)).toBeLessThanOrEqual(1e-5);
});

test('old log probability and advantage are constants', async () => {
  const [logProb, oldLogProb, weight] = tensors() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const losses = (o: tf.Tensor, a: tf.Tensor): tf.Tensor =>
    tf.add(clippedPolicyLoss(logProb, o, a, 0.2), reinforceLoss(logProb, a));
  // The sums stand for the gradient that the tape looks for: nothing may come on top.
  const withSums = (o: tf.Tensor, a: tf.Tensor): tf.Tensor => tf.add(losses(o, a), tf.add(tf.sum(o), tf.sum(a)));
  for (const gradient of tf.grads(withSums)([oldLogProb, weight]))
    expect(relativeL2(await gradient.data(), [1, 1, 1, 1, 1, 1])).toBe(0);
});

test('ratios and the share that is clipped', async () => {
  const [logProb, oldLogProb] = tensors() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const got = await policyRatio(logProb, oldLogProb).data();
  expect(relativeL2(got, ratios)).toBeLessThanOrEqual(1e-5);
  expect(clipShare(got, 0.2)).toBeCloseTo(4 / 6, 12);
  expect(clipShare([1, NaN], 0.2)).toBe(0.5);
  expect(clipShare([], 0.2)).toBe(0);
});
