/**
 * What a step of every method costs beside a supervised one: `Learner.step` itself with the methods' default settings, StepDETR-S and,
 * where ../shared is there, DEIMv2-Atto, memory kept, decoder and heads trained, eight rollouts:
 *   npx vitest bench --project parity --run src/train/step-cost.bench.ts
 * It prints the shortest of a few rounds; what Vitest says of it is not meant.
 */
import { bench, describe } from 'vitest';
import { openTestDevice } from '../kernels/testing/device';
import { sharedIsHere } from '../kernels/testing/shared';
import type { TrainMethod, TrainSettings } from '../lib/train-settings';
import type { Detector } from '../models/detector';
import type { Batch } from './batch';
import { openShared } from './testing/checkpoints';
import { dispatchesOf, openStepDetr, photoBatch, shortest, standingLearner, type Job } from './testing/step-bench';

const ROUNDS = 3;
const ROLLOUTS = 8;

await openTestDevice();
const MODELS: { name: string; model: Detector }[] = [
  { name: 'StepDETR-S', model: await openStepDetr() },
  ...(sharedIsHere ? [{ name: 'DEIMv2-Atto', model: await openShared('weights/deimv2_atto_coco') }] : []),
];

const CASES: { name: string; method: TrainMethod; changed?: Partial<TrainSettings> }[] = [
  { name: 'supervised', method: 'supervised' },
  { name: 'GRPO', method: 'grpo' },
  { name: 'GRPO without the KL to the start', method: 'grpo', changed: { betaRef: 0 } },
  { name: 'GRPO, every query sampled', method: 'grpo', changed: { explored: 0 } },
  { name: 'GRPO, every query sampled and in the KL', method: 'grpo', changed: { explored: 0, refQueries: 0 } },
  { name: 'REINFORCE', method: 'reinforce' },
  { name: 'PPO, two passes over the same rollouts', method: 'ppo' },
];

async function compare(name: string, model: Detector, batch: Batch): Promise<void> {
  let step = 0;
  const learners = CASES.map(({ method, changed }) =>
    standingLearner(model, method, { rollouts: ROLLOUTS, ...changed }),
  );
  const jobs = CASES.map(({ name }, at): Job => ({ name, run: () => learners[at]!.step(++step, batch) }));
  const least = await shortest(jobs, ROUNDS);
  const lines: string[] = [];
  for (const [at, { name, run }] of jobs.entries()) {
    const dispatches = await dispatchesOf(run);
    const ratio = least[at]! / least[0]!;
    lines.push(
      `  ${name}: ${least[at]!.toFixed(0)} ms, ${ratio.toFixed(2)} supervised steps, ${dispatches} dispatches`,
    );
  }
  for (const learner of learners) learner.dispose();
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`${name}, B = ${batch.items.length}, G = ${ROLLOUTS}`, ...lines].join('\n'));
}

describe('a step of every method beside a supervised one', () => {
  for (const { name, model } of MODELS)
    for (const images of [1, 4])
      bench(`${name}, B = ${images}`, async () => compare(name, model, await photoBatch(model, images)), {
        time: 0,
        iterations: 1,
        warmupTime: 0,
        warmupIterations: 0,
      });
});
