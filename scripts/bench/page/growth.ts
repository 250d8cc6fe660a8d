/** Time and memory of StepDETR-S at one size of something; each measurement is in a page, and on a device, of its own. */
import { dropFree } from '../../../src/kernels/buffer-pool';
import type { TrainSettings } from '../../../src/lib/train-settings';
import { openStepDetr, photoBatch, standingLearner, type ModelSize } from '../../../src/train/testing/step-bench';
import type { GrowthAxis, GrowthPoint, StepMethod } from '../types';
import { openDevice } from './device';
import { GpuBytes } from './gpu-bytes';
import { detect, openOwn, samplePhoto, stepDetr, type Changed } from './own-engine';
import { timed } from './turns';

const PHOTO = 'cat';
/** The first compiles and, where it is one, records the plan; the second may still fill caches. */
const WARM_UP = 2;

export interface GrowthOptions {
  axis: GrowthAxis;
  at: number;
  runs: number;
  /** Training steps of one image, in turn; empty for one detection. */
  steps: readonly StepMethod[];
}

export interface GrowthMeasured {
  adapter: string;
  /** In the order of `steps`; one for a detection. */
  points: GrowthPoint[];
}

/** Shortest time, and the most bytes since the count was restarted: what stood there then (weights, memory) included. */
async function measure(run: () => Promise<unknown>, bytes: GpuBytes, runs: number): Promise<GrowthPoint> {
  for (let i = 0; i < WARM_UP; i++) await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await timed(run));
  return { ms: Math.min(...times), gpu_bytes: bytes.peak, runs };
}

/** One detection, from pixels to boxes. */
async function detection(changed: Changed, runs: number): Promise<GrowthMeasured> {
  const bytes = new GpuBytes();
  const own = await openOwn(await stepDetr(changed));
  const pixels = await samplePhoto(PHOTO);
  return { adapter: own.adapter, points: [await measure(() => detect(own, pixels), bytes, runs)] };
}

/** Training steps of one image whose memory is kept; buffers of what was before a step are given back first. */
async function training(
  methods: readonly StepMethod[],
  { changed, settings }: { changed: ModelSize; settings: Partial<TrainSettings> },
  runs: number,
): Promise<GrowthMeasured> {
  const bytes = new GpuBytes();
  const { adapter, backend, settle } = await openDevice();
  const model = await openStepDetr(changed);
  const batch = await photoBatch(model, 1);
  const points: GrowthPoint[] = [];
  for (const method of methods) {
    await settle();
    dropFree(backend, () => true);
    bytes.restart();
    const learner = standingLearner(model, method, settings);
    let step = 0;
    const run = async (): Promise<void> => {
      await learner.step(++step, batch);
      await settle();
    };
    points.push(await measure(run, bytes, runs));
    learner.dispose();
  }
  return { adapter, points };
}

export async function growth({ axis, at, runs, steps }: GrowthOptions): Promise<GrowthMeasured> {
  const changed: ModelSize = axis === 'rollouts' ? {} : { [axis]: at };
  if (steps.length === 0) return detection(changed, runs);
  return training(steps, { changed, settings: axis === 'rollouts' ? { rollouts: at } : {} }, runs);
}
