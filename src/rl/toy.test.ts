/**
 * Policy-gradient sanity on a toy whose best action is known: one query whose mean is learned, paid by how near its action
 * comes to a target. Runs on TF.js's CPU backend: the functions are the ones that WebGPU runs.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { randomNormalReference } from '../kernels/random-normal/reference';
import { registerKernels } from '../kernels/register';
import { rlSettings, type RlMethod, type RlSettings } from '../lib/rl-settings';
import { gaussianKl, gaussianLogProb } from '../nn/gaussian';
import { clippedPolicyLoss, reinforceLoss } from './policy-losses';
import { advantagesOf } from './returns';

const TARGET = [0.8, -0.5, 0.3, 1];
const D = TARGET.length;
const ROLLOUTS = 16;
const STEPS = 150;
const RATE = 0.05;
const LOG_STD = -1.5;

beforeAll(async () => {
  registerKernels();
  await tf.setBackend('cpu');
});

const distance = (mean: ArrayLike<number>): number => Math.hypot(...TARGET.map((t, i) => t - mean[i]!));

function policyLoss(settings: RlSettings, logProb: tf.Tensor, old: tf.Tensor, advantage: tf.Tensor): tf.Scalar {
  return settings.policy === 'reinforce'
    ? reinforceLoss(logProb, advantage)
    : clippedPolicyLoss(logProb, old, advantage, settings.clip);
}

/** Trains the mean from `first` and returns it; the KL pulls it to 0. @param scale multiplies the advantage */
async function train(settings: RlSettings, { seed = 1, scale = 1, first = [0, 0, 0, 0] } = {}): Promise<number[]> {
  let mean = Float32Array.from(first);
  const logStd = tf.tensor1d(Array<number>(D).fill(LOG_STD));
  const start = tf.zeros([1, D]);
  for (let step = 0; step < STEPS; step++) {
    const noise = randomNormalReference(ROLLOUTS * D, seed, step);
    const actions = noise.map((z, i) => mean[i % D]! + Math.exp(LOG_STD) * z);
    const rewards = Float32Array.from({ length: ROLLOUTS }, (_, g) => -distance(actions.subarray(g * D, (g + 1) * D)));
    const weights = advantagesOf(rewards, { images: 1, rollouts: ROLLOUTS }, settings.baseline);
    const advantage = tf.tensor1d(weights.map((a) => a * scale));
    const taken = tf.tensor2d(actions, [ROLLOUTS, D]);
    const old = gaussianLogProb(taken, tf.tensor2d(mean, [1, D]), logStd);
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const loss = (m: tf.Tensor): tf.Tensor => {
        const policy = policyLoss(settings, gaussianLogProb(taken, m, logStd), old, advantage);
        return tf.add(policy, tf.mul(tf.mean(gaussianKl(m, logStd, start, logStd)), settings.betaRef));
      };
      const slope = await tf
        .grad(loss)(tf.tensor2d(mean, [1, D]))
        .data();
      mean = mean.map((m, i) => m - RATE * slope[i]!);
    }
  }
  return Array.from(mean);
}

const METHODS: RlMethod[] = ['reinforce', 'ppo', 'grpo'];

test.each(METHODS)('%s reaches the best action', async (method) => {
  expect(distance([0, 0, 0, 0])).toBeGreaterThan(1.3);
  for (const seed of [1, 2]) expect(distance(await train(rlSettings(method), { seed }))).toBeLessThan(0.2);
});

test.each(METHODS)('%s with the advantage set to zero: only the KL to the start moves the mean', async (method) => {
  const first = [0.5, 0.5, 0.5, 0.5];
  const still = await train(rlSettings(method, { betaRef: 0 }), { scale: 0, first });
  expect(still).toEqual(first);
  const pulled = await train(rlSettings(method, { betaRef: 0.1 }), { scale: 0, first });
  for (const m of pulled) expect(m).toBeLessThan(0.3);
});

test('the same seed learns the same', async () => {
  const settings = rlSettings('grpo');
  expect(await train(settings, { seed: 5 })).toEqual(await train(settings, { seed: 5 }));
});
