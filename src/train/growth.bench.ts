/**
 * Time of a GRPO step and of a supervised one, and the GRPO step's memory, against rollouts, queries and the image's side, four sizes each (StepDETR-S, one
 * image, memory kept):
 *   npx vitest bench --project parity --run src/train/growth.bench.ts
 * Growth is named as a power: the slope of a straight line through the logarithms. 0: it does not grow, 1: it doubles with its cause.
 */
import { bench, describe } from 'vitest';
import { openTestDevice } from '../kernels/testing/device';
import { disposeMemory } from '../models/encode-image';
import type { TrainMethod, TrainSettings } from '../lib/train-settings';
import { openStepDetr, peakBytesOf, photoBatch, shortest, standingLearner, type ModelSize } from './testing/step-bench';

const ROUNDS = 2;

interface Size {
  size: number;
  model?: ModelSize;
  changed?: Partial<TrainSettings>;
}

const SERIES: Record<string, Size[]> = {
  rollouts: [2, 4, 8, 16].map((size) => ({ size, changed: { rollouts: size } })),
  queries: [50, 100, 200, 400].map((size) => ({ size, model: { queries: size } })),
  'side of the image': [256, 384, 512, 640].map((size) => ({ size, model: { side: size } })),
};

/** Slope of log y over log x by least squares. */
function powerOf(sizes: readonly number[], values: readonly number[]): number {
  const [x, y] = [sizes.map(Math.log), values.map(Math.log)];
  const mean = (each: readonly number[]): number => each.reduce((a, b) => a + b, 0) / each.length;
  const [mx, my] = [mean(x), mean(y)];
  const across = x.reduce((sum, value, at) => sum + (value - mx) * (y[at]! - my), 0);
  return across / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}

interface Measured {
  ms: number;
  bytes: number;
}

async function measure({ model: changedModel, changed }: Size, methods: readonly TrainMethod[]): Promise<Measured[]> {
  const model = await openStepDetr(changedModel);
  const batch = await photoBatch(model, 1);
  const learners = methods.map((method) => standingLearner(model, method, changed));
  let step = 0;
  const jobs = learners.map((learner, at) => ({ name: methods[at]!, run: () => learner.step(++step, batch) }));
  const least = await shortest(jobs, ROUNDS);
  const measured: Measured[] = [];
  for (const [at, { run }] of jobs.entries()) measured.push({ ms: least[at]!, bytes: await peakBytesOf(run) });
  for (const learner of learners) learner.dispose();
  disposeMemory(batch.memory!);
  model.dispose();
  return measured;
}

await openTestDevice();

async function grow(name: string, sizes: readonly Size[]): Promise<void> {
  const methods = ['supervised', 'grpo'] as const;
  const measured: Measured[][] = [];
  for (const size of sizes) measured.push(await measure(size, methods));
  const lines = methods.flatMap((method, at) => {
    const [ms, bytes] = (['ms', 'bytes'] as const).map((key) => measured.map((each) => each[at]![key]));
    const of = sizes.map(({ size }) => size);
    const time = `  ${method}, ms: ${ms!.map((value) => value.toFixed(0)).join(', ')}; power ${powerOf(of, ms!).toFixed(2)}`;
    // the larger of the two: it keeps all that a supervised step does
    if (method !== 'grpo') return [time];
    const megabytes = bytes!.map((value) => (value / 1e6).toFixed(1)).join(', ');
    return [time, `  ${method}, MB: ${megabytes}; power ${powerOf(of, bytes!).toFixed(2)}`];
  });
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`${name}: ${sizes.map(({ size }) => size).join(', ')}`, ...lines].join('\n'));
}

describe('growth', () => {
  for (const [name, sizes] of Object.entries(SERIES))
    bench(name, () => grow(name, sizes), { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 });
});
