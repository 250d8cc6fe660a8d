/** Planned steps against traced ones in families whose step differs from StepDETR's: edge losses, all queries sampled. */
import type * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { deviceCopy } from '../kernels/adamw/device-copy';
import { randomNormal } from '../kernels/random-normal/op';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { trainSettings, type TrainMethod } from '../lib/train-settings';
import type { Detector } from '../models/detector';
import { tidyMemory } from '../models/encode-image';
import type { Batch } from './batch';
import { Learner } from './learner';
import { openShared } from './testing/checkpoints';
import { trainedNames } from './trained';

/** Relative L2 of the weights after the steps, and relative difference of a figure. */
const WEIGHTS = 1e-4;
const FIGURES = 1e-3;
const STEPS = 2;

const CASES: { folder: string; side: number; method: TrainMethod }[] = [
  { folder: 'reference/d_fine', side: 96, method: 'supervised' },
  { folder: 'reference/d_fine', side: 96, method: 'grpo' },
  { folder: 'reference/rt_detr_r18', side: 96, method: 'grpo' },
  { folder: 'weights/deimv2_atto_coco', side: 160, method: 'supervised' },
  { folder: 'weights/deimv2_atto_coco', side: 160, method: 'reinforce' },
  { folder: 'weights/deimv2_atto_coco', side: 160, method: 'ppo' },
];

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));
if (!sharedIsHere) console.warn(WHY_SKIPPED);

/** Three images of noise, the second without labels. */
function batchOf(detector: Detector, side: number, stream: number): Batch {
  const images = randomNormal<tf.Rank.R4>([3, side, side, 3], { seed: 1, stream });
  const memory = tidyMemory(() => detector.encode(images));
  images.dispose();
  const two = { classes: [1, 0], boxes: Float32Array.of(0.3, 0.3, 0.2, 0.4, 0.7, 0.6, 0.4, 0.3) };
  const one = { classes: [stream % 2], boxes: Float32Array.of(0.5, 0.5, 0.6, 0.5) };
  return { items: [two, null, one].map((labels, i) => ({ id: `${i}`, name: `${i}`, labels })), memory };
}

/** Weights and losses after some steps of a learner over a copy of the weights. */
async function learnt(detector: Detector, side: number, method: TrainMethod, planned: boolean) {
  const settings = trainSettings(method, { warmup: 0, steps: 100, learningRate: 1e-3, rollouts: 2, explored: 6 });
  const names = trainedNames(detector, settings);
  const copies = new Map(names.map((name) => [name, deviceCopy(detector.parameters.get(name))]));
  const learner = new Learner(detector.sharing(detector.parameters.with(copies)), settings, planned);
  const losses: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const batch = batchOf(detector, side, step);
    losses.push((await learner.step(step, batch)).figures.loss);
    batch.memory!.tokens.dispose();
  }
  const weights = [...(await learner.weights()).values()].flatMap(({ data }) => Array.from(data));
  const { planBytes } = learner;
  learner.dispose();
  return { weights, losses, planBytes };
}

test.skipIf(!sharedIsHere).each(CASES)('$folder, $method', async ({ folder, side, method }) => {
  const own = folder.startsWith('weights');
  const detector = await openShared(folder, undefined, own ? side : undefined);
  const planned = await learnt(detector, side, method, true);
  const traced = await learnt(detector, side, method, false);
  expect(planned.planBytes).toBeGreaterThan(0);
  expect(traced.planBytes).toBe(0);
  planned.losses.forEach((loss, i) => {
    const expected = traced.losses[i]!;
    expect(Math.abs(loss - expected)).toBeLessThanOrEqual(FIGURES * Math.abs(expected));
  });
  expect(relativeL2(planned.weights, traced.weights)).toBeLessThanOrEqual(WEIGHTS);
  detector.dispose();
});
