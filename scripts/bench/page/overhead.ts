/** What a dispatch costs on the CPU's side: in a replayed plan, and through TF.js. */
import * as tf from '@tensorflow/tfjs-core';
import { submit } from '../../../src/kernels/submit';
import { ForwardPlans } from '../../../src/models/forward-plans';
import { packAnswers } from '../../../src/models/postprocess';
import { openStepDetr } from '../../../src/train/testing/step-bench';
import { median } from '../statistics';
import type { OverheadResult } from '../types';
import { openDevice, type BenchDevice } from './device';

/** Microseconds of the calls alone: the device is idle before each, and waited for after. */
async function callsOnly({ settle }: BenchDevice, rounds: number, call: () => void): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    await settle();
    const start = performance.now();
    call();
    times.push(1000 * (performance.now() - start));
  }
  await settle();
  return times;
}

/** The first call of all may still compile. */
function perDispatch(times: readonly number[], dispatches: number): { least: number; median: number } {
  const each = times.slice(1).map((time) => time / dispatches);
  return { least: Math.min(...each), median: median(each) };
}

/** @param rounds at least 1 */
export async function overhead({ rounds }: { rounds: number }): Promise<OverheadResult> {
  const device = await openDevice();
  const model = await openStepDetr();
  const plans = new ForwardPlans(model);
  const plan = plans.of(model.preprocessing.size);
  const [height, width] = model.preprocessing.size;
  const image: tf.Tensor4D = tf.zeros([1, height, width, 3]);
  const eager = (): void => {
    tf.tidy(() => void packAnswers(model.decode(model.encode(image)), model.scoring));
    submit(device.backend);
  };
  const replayed = await callsOnly(device, rounds + 1, () => plan.replay());
  const direct = await callsOnly(device, rounds + 1, eager);
  const { dispatches } = plan;
  plans.dispose();
  return {
    adapter: device.adapter,
    model: 'StepDETR-S',
    dispatches,
    replay_us: perDispatch(replayed, dispatches),
    eager_us: perDispatch(direct, dispatches),
    rounds,
  };
}
