/** Time and memory of StepDETR-S at one size of something; each size is measured in a page, and on a device, of its own. */
import { openStepDetr, photoBatch, standingLearner } from '../../../src/train/testing/step-bench';
import type { GrowthAxis, GrowthPoint } from '../types';
import { openDevice } from './device';
import { GpuBytes } from './gpu-bytes';
import { detect, openOwn, samplePhoto, stepDetr, type Changed } from './own-engine';
import { timed } from './turns';

const PHOTO = 'cat';

export interface GrowthOptions {
  axis: GrowthAxis;
  at: number;
  runs: number;
}

interface Job {
  adapter: string;
  run(): Promise<unknown>;
}

/** One detection, from pixels to boxes. */
async function detection(changed: Changed): Promise<Job> {
  const own = await openOwn(await stepDetr(changed));
  const pixels = await samplePhoto(PHOTO);
  return { adapter: own.adapter, run: () => detect(own, pixels) };
}

/** One GRPO step of one image. */
async function rolloutStep(rollouts: number): Promise<Job> {
  const { adapter, settle } = await openDevice();
  const model = await openStepDetr();
  const learner = standingLearner(model, 'grpo', { rollouts });
  const batch = await photoBatch(model, 1);
  let step = 0;
  const run = async (): Promise<void> => {
    await learner.step(++step, batch);
    await settle();
  };
  return { adapter, run };
}

const OPEN: Record<GrowthAxis, (at: number) => Promise<Job>> = {
  side: (side) => detection({ side }),
  queries: (queries) => detection({ queries }),
  rollouts: rolloutStep,
};

export async function growth({ axis, at, runs }: GrowthOptions): Promise<GrowthPoint> {
  const bytes = new GpuBytes();
  const { adapter, run } = await OPEN[axis](at);
  await run();
  await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await timed(run));
  return { adapter, ms: Math.min(...times), gpu_bytes: bytes.peak, runs };
}
