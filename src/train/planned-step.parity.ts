/** Steps as plans against the same steps traced by TF.js. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { trainSettings, type TrainMethod, type TrainSettings } from '../lib/train-settings';
import type { Batch } from './batch';
import { Learner } from './learner';
import { NotFinite } from './predictions';
import { PlannedStep } from './planned-step';
import { smallBatch, smallDetector } from './testing';
import { trainedNames } from './trained';

/** Relative L2 of the weights after some steps, and relative difference of a figure. */
const WEIGHTS = 1e-4;
const FIGURES = 1e-3;
const SIZE = { sampled: 6, active: 1 };

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));

const learner = (planned: boolean, method: TrainMethod, changed: Partial<TrainSettings> = {}): Learner => {
  const common = { batch: 2, warmup: 0, steps: 100, learningRate: 3e-3, rollouts: 3 };
  return new Learner(smallDetector(), trainSettings(method, { ...common, ...changed }), planned);
};

/** Batches whose images have other numbers of labels, or nobody's. */
function batchOf(step: number): Batch {
  const batch = smallBatch(step);
  const items =
    step % 3 === 0 ? batch.items.map((item, i) => (i === 0 ? item : { ...item, labels: null })) : batch.items;
  return { ...batch, items: step % 2 === 0 ? [...items].reverse() : items };
}

async function steps(one: Learner, count: number): Promise<Awaited<ReturnType<Learner['step']>>['figures'][]> {
  const done = [];
  for (let step = 1; step <= count; step++) {
    const batch = batchOf(step);
    done.push((await one.step(step, batch)).figures);
    batch.memory!.tokens.dispose();
  }
  return done;
}

const weights = async (one: Learner): Promise<Float32Array> =>
  Float32Array.from([...(await one.weights()).values()].flatMap(({ data }) => Array.from(data)));

const CASES: { name: string; method: TrainMethod; changed: Partial<TrainSettings> }[] = [
  { name: 'supervised, selection dense', method: 'supervised', changed: { selectionLoss: 'dense' } },
  { name: 'supervised, selection chosen', method: 'supervised', changed: { selectionLoss: 'chosen' } },
  { name: 'GRPO, four of six queries sampled', method: 'grpo', changed: { explored: 4, refQueries: 2 } },
  { name: 'GRPO, more queries sampled than wanted', method: 'grpo', changed: { explored: 1, refQueries: 1 } },
  { name: 'GRPO, all queries sampled and in the KL', method: 'grpo', changed: { explored: 0, refQueries: 0 } },
  { name: 'PPO, three passes, four of six queries sampled', method: 'ppo', changed: { explored: 4, epochs: 3 } },
  { name: 'PPO, all queries sampled, with a KL to the start', method: 'ppo', changed: { explored: 0, betaRef: 0.01 } },
  { name: 'REINFORCE, credit to the image', method: 'reinforce', changed: { explored: 5, credit: 'image' } },
];

const near = (ours: number | null, expected: number | null): void => {
  if (expected === null || ours === null) expect(ours).toBe(expected);
  else expect(Math.abs(ours - expected)).toBeLessThanOrEqual(FIGURES * Math.max(1e-3, Math.abs(expected)));
};

test.each(CASES)('weights and figures are those of traced steps: $name', async ({ name, method, changed }) => {
  const [planned, traced] = [learner(true, method, changed), learner(false, method, changed)];
  const [ours, expected] = [await steps(planned, 6), await steps(traced, 6)];
  expect(planned.planBytes).toBeGreaterThan(0);
  ours.forEach((figures, i) => {
    const other = expected[i]!;
    near(figures.loss, other.loss);
    near(figures.policyLoss, other.policyLoss);
    near(figures.gradientNorm, other.gradientNorm);
    figures.layers.forEach((layer, k) => {
      const { layer: number, ...numbers } = other.layers[k]!;
      expect(layer.layer).toBe(number);
      for (const [figure, value] of Object.entries(numbers)) near(layer[figure as keyof typeof layer], value);
    });
  });
  const difference = relativeL2(await weights(planned), await weights(traced));
  console.log(`${name}: after 6 steps the weights differ by ${difference.toExponential(1)}`);
  expect(difference).toBeLessThanOrEqual(WEIGHTS);
  for (const one of [planned, traced]) one.dispose();
});

test.each(['supervised', 'ppo'] as const)('what a plan holds goes with it: %s', async (method) => {
  const before = tf.memory();
  const detector = smallDetector();
  const settings = trainSettings(method, {});
  const names = trainedNames(detector, settings);
  const batch = smallBatch();
  const kept = tf.memory().numTensors;
  const plan = new PlannedStep({ detector, frozen: null, settings, names }, batch.memory!, { sampled: 6, active: 6 });
  const labels = batch.items.map((item) => item.labels);
  expect(await plan.run(batch.memory!, labels, 1)).not.toHaveProperty('unfit');
  if (method === 'ppo') {
    const first = plan.bytes;
    await plan.again(batch.memory!, labels);
    expect(plan.bytes).toBeGreaterThan(first);
  }
  plan.dispose();
  expect(tf.memory().numTensors).toBe(kept);
  batch.memory!.tokens.dispose();
  detector.dispose();
  expect(tf.memory().numTensors).toBe(before.numTensors);
});

test('answers that are not finite are said', async () => {
  const detector = smallDetector();
  const batch = smallBatch();
  const settings = trainSettings('supervised', {});
  const plan = new PlannedStep(
    { detector, frozen: null, settings, names: trainedNames(detector, settings) },
    batch.memory!,
    SIZE,
  );
  const spoilt = { ...batch.memory!, tokens: tf.mul(batch.memory!.tokens, Infinity) as tf.Tensor3D };
  await expect(
    plan.run(
      spoilt,
      batch.items.map(({ labels }) => labels),
      1,
    ),
  ).rejects.toThrow(NotFinite);
  plan.dispose();
});

test('what is not the same work in every step has no plan', () => {
  const detector = smallDetector();
  const batch = smallBatch();
  const fits = (settings: TrainSettings, one: Batch = batch): boolean => PlannedStep.fits(detector, settings, one);
  expect(fits(trainSettings('supervised', {}))).toBe(true);
  expect(fits(trainSettings('supervised', { denoising: 2 }))).toBe(false);
  expect(fits(trainSettings('grpo', {}))).toBe(true);
  expect(fits(trainSettings('ppo', {}))).toBe(true);
  expect(fits(trainSettings('supervised', {}), { items: batch.items })).toBe(false);
  detector.dispose();
});
