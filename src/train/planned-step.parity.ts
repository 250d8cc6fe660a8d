/** Steps as plans against the same steps traced by TF.js. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import type { TrainSettings } from '../lib/train-settings';
import { trainSettings } from '../lib/train-settings';
import type { Batch } from './batch';
import { Learner } from './learner';
import { NotFinite } from './predictions';
import { PlannedStep } from './planned-step';
import { smallBatch, smallDetector } from './testing';
import { trainedNames } from './trained';

/** Relative L2 of the weights after some steps, and relative difference of a figure. */
const WEIGHTS = 1e-4;
const FIGURES = 1e-3;

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));

const learner = (planned: boolean, changed: Partial<TrainSettings> = {}): Learner => {
  const settings = trainSettings('supervised', { batch: 2, warmup: 0, steps: 100, learningRate: 3e-3, ...changed });
  return new Learner(smallDetector(), settings, planned);
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

test.each(['dense', 'chosen'] as const)(
  'weights and figures are those of traced steps, selection %s',
  async (selectionLoss) => {
    const [planned, traced] = [learner(true, { selectionLoss }), learner(false, { selectionLoss })];
    const [ours, expected] = [await steps(planned, 6), await steps(traced, 6)];
    ours.forEach((figures, i) => {
      const other = expected[i]!;
      expect(Math.abs(figures.loss - other.loss) / other.loss).toBeLessThanOrEqual(FIGURES);
      expect(Math.abs(figures.gradientNorm - other.gradientNorm) / other.gradientNorm).toBeLessThanOrEqual(FIGURES);
      figures.layers.forEach(({ reward, klGt }, k) => {
        expect(Math.abs(klGt - other.layers[k]!.klGt)).toBeLessThanOrEqual(FIGURES * other.layers[k]!.klGt);
        expect(Math.abs(reward - other.layers[k]!.reward)).toBeLessThanOrEqual(FIGURES);
      });
    });
    const difference = relativeL2(await weights(planned), await weights(traced));
    console.log(`selection ${selectionLoss}: after 6 steps the weights differ by ${difference.toExponential(1)}`);
    expect(difference).toBeLessThanOrEqual(WEIGHTS);
    for (const one of [planned, traced]) one.dispose();
  },
);

test('what a plan holds goes with it', async () => {
  const before = tf.memory();
  const detector = smallDetector();
  const settings = trainSettings('supervised', {});
  const names = trainedNames(detector, settings);
  const batch = smallBatch();
  const kept = tf.memory().numTensors;
  const plan = new PlannedStep(detector, settings, names, batch.memory!);
  await plan.run(
    batch.memory!,
    batch.items.map(({ labels }) => labels),
  );
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
  const plan = new PlannedStep(detector, settings, trainedNames(detector, settings), batch.memory!);
  const spoilt = { ...batch.memory!, tokens: tf.mul(batch.memory!.tokens, Infinity) as tf.Tensor3D };
  await expect(
    plan.run(
      spoilt,
      batch.items.map(({ labels }) => labels),
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
  expect(fits(trainSettings('grpo', {}))).toBe(false);
  expect(fits(trainSettings('supervised', {}), { items: batch.items })).toBe(false);
  detector.dispose();
});
