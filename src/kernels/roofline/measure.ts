/**
 * What a device can do at most: arithmetic, memory, dispatches (the roofs of src/lib/profile.ts). Measured once a device, in
 * well under a second, by programs that grow until the clock can see them. Nothing else should use the device meanwhile.
 */
import type { DevicePeak } from '../../lib/profile';
import { multiplyAdd, touch, triad, type Precision, type Runnable } from './pipelines';

/** A repetition is long enough when the wait for the queue (about a millisecond) is lost in it. */
const LONG_MS = 25;
const MOST_GROWTH = 8;
/** The best of so many runs at full length. */
const RUNS = 3;
const MOST_TIMES = 2 ** 14;

/** Beyond the last cache of all but the largest GPUs; CPUs are slower, and have less. */
const STREAM_BYTES = 64 * 2 ** 20;
const SOFTWARE_STREAM_BYTES = 24 * 2 ** 20;
/** Of the arithmetic: one dispatch lasts some tenths of a millisecond. */
const ROUNDS = 64;

async function timeOf(device: GPUDevice, runnable: Runnable, times: number): Promise<number> {
  const encoder = device.createCommandEncoder({ label: 'roofline' });
  const pass = encoder.beginComputePass();
  runnable.encode(pass, times);
  pass.end();
  const commands = encoder.finish();
  const started = performance.now();
  device.queue.submit([commands]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - started;
}

/** Amount a second at best. Frees the program's buffers. */
async function rateOf(device: GPUDevice, runnable: Runnable): Promise<number> {
  try {
    let times = 1;
    // the first run compiles and touches fresh memory
    await timeOf(device, runnable, times);
    let ms = await timeOf(device, runnable, times);
    while (ms < LONG_MS && times < MOST_TIMES) {
      const growth = Math.min(MOST_GROWTH, Math.max(2, (1.2 * LONG_MS) / Math.max(ms, 0.05)));
      times = Math.min(MOST_TIMES, Math.ceil(times * growth));
      ms = await timeOf(device, runnable, times);
    }
    for (let run = 1; run < RUNS; run++) ms = Math.min(ms, await timeOf(device, runnable, times));
    return (times * runnable.amount) / (ms / 1000);
  } finally {
    runnable.destroy();
  }
}

async function measure(device: GPUDevice, software: boolean): Promise<DevicePeak> {
  await device.queue.onSubmittedWorkDone();
  const flops = async (precision: Precision): Promise<number> =>
    rateOf(device, await multiplyAdd(device, precision, software, ROUNDS));
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const wanted = software ? SOFTWARE_STREAM_BYTES : STREAM_BYTES;
  const bytes = Math.min(wanted, maxStorageBufferBindingSize, maxBufferSize);
  const flops32 = await flops('f32');
  const flops16 = device.features.has('shader-f16') ? await flops('f16') : null;
  const bandwidth = await rateOf(device, await triad(device, bytes - (bytes % 16)));
  const dispatch = 1e6 / (await rateOf(device, await touch(device)));
  return { flops32, flops16, bandwidth, dispatch };
}

const known = new WeakMap<GPUDevice, Promise<DevicePeak>>();

/** @param software an adapter that computes on the CPU: smaller programs do */
export function devicePeak(device: GPUDevice, software: boolean): Promise<DevicePeak> {
  const before = known.get(device);
  if (before) return before;
  const peak = measure(device, software);
  known.set(device, peak);
  // what failed may be asked again
  peak.catch(() => known.delete(device));
  return peak;
}

/** As `devicePeak`, measured anew. */
export const measurePeak = measure;
