/**
 * Runs a kernel's variants on the device: pipelines made without blocking anything, numbers compared with the reference's, times
 * by the device's own clock where it has one.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { seededRandom } from '../../lib/random';
import { bufferOf } from '../adamw/device-copy';
import { submit } from '../submit';
import type { OpenCase } from './schedule';
import { timeRuns } from './stopwatch';
import type { Prepared, Tunable } from './tuning';

/** Of the reference's numbers, in L2: other orders of adding differ by less, a wrong program by more. */
const FURTHEST_OFF = 1e-4;

/** Numbers in -1..1 on the GPU, the same every time. */
export function filled(backend: WebGPUBackend, shape: readonly number[], seed: number): TensorInfo {
  const random = seededRandom('tuning', seed);
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => 2 * random() - 1);
  return backend.makeTensorInfo([...shape], 'float32', values);
}

/** |a - b| / |b| in L2; Infinity where it is not a number. */
function offBy(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  const relative = Math.sqrt(difference / norm);
  return a.length === b.length && relative <= Infinity ? relative : Infinity;
}

/** TF.js 4.22 keeps its pipelines to itself. */
interface Pipelines {
  pipelineCache: Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;
}

/**
 * Makes the pipelines of some work without waiting for them on the GPU's own thread. Until they are there TF.js does not know of
 * them: whoever needs one meanwhile makes it as ever.
 * @returns resolves to why there is none, null where all are there
 */
async function makePipelines(backend: WebGPUBackend, work: () => TensorInfo): Promise<string | null> {
  const { pipelineCache } = backend as unknown as Pipelines;
  const before = tf.env().getBool('WEBGPU_ENGINE_COMPILE_ONLY');
  tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
  try {
    backend.disposeData(work().dataId);
  } finally {
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', before);
  }
  const waiting = Object.entries(pipelineCache).filter(([, pipeline]) => pipeline instanceof Promise);
  for (const [key] of waiting) Reflect.deleteProperty(pipelineCache, key);
  const made = await Promise.allSettled(waiting.map(([, pipeline]) => pipeline));
  let failed: string | null = null;
  made.forEach((one, at) => {
    if (one.status === 'fulfilled') pipelineCache[waiting[at]![0]] ??= one.value;
    else failed ??= String(one.reason);
  });
  return failed;
}

const SCOPES = ['validation', 'internal', 'out-of-memory'] as const;

/** Runs work of its own command buffer. @throws Error for what the device has against it, which nobody else hears of */
async function inScopes<T>(backend: WebGPUBackend, work: () => T): Promise<T> {
  const { device } = backend;
  submit(backend);
  for (const scope of SCOPES) device.pushErrorScope(scope);
  let result: T;
  const heard: Promise<GPUError | null>[] = [];
  try {
    result = work();
    submit(backend);
  } finally {
    for (const scope of SCOPES)
      heard.push(device.popErrorScope().catch((lost: unknown) => ({ message: `${scope}: ${String(lost)}` })));
  }
  const error = (await Promise.all(heard)).find((one) => one !== null);
  if (error) throw new Error(error.message);
  return result;
}

class DeviceCase implements OpenCase {
  readonly variants: readonly string[];
  private readonly prepared: Prepared;
  private expected: ArrayLike<number> | undefined;

  constructor(
    private readonly backend: WebGPUBackend,
    stated: Tunable,
    sizes: readonly number[],
  ) {
    this.variants = stated.fits?.(backend, sizes) ?? stated.candidates;
    this.prepared = stated.prepare(backend, sizes);
    const first = bufferOf(backend, this.prepared.inputs[0]!);
    submit(backend);
    // What the stopwatch writes between runs: so that it changes nothing.
    const encoder = backend.device.createCommandEncoder({ label: 'tuning' });
    encoder.clearBuffer(first, 0, 4);
    backend.queue.submit([encoder.finish()]);
  }

  async check(variant: string): Promise<string | null> {
    try {
      const { backend, prepared } = this;
      const run = (): TensorInfo => prepared.run(variant);
      const compiled = await inScopes(backend, () => ({ failed: makePipelines(backend, run) }));
      const failed = await compiled.failed;
      if (failed !== null) return failed;
      const out = await inScopes(backend, run);
      const numbers = (await backend.read(out.dataId)) as Float32Array;
      backend.disposeData(out.dataId);
      // The reference is compared with itself: numbers that are none strike it off.
      const expected = (this.expected ??= numbers);
      const off = offBy(numbers, expected);
      return off <= FURTHEST_OFF ? null : `its numbers are off by ${off.toExponential(1)}`;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  time(variant: string): Promise<number> {
    return timeRuns(this.backend, this.prepared, variant);
  }

  close(): void {
    for (const { dataId } of this.prepared.inputs) free(this.backend, dataId);
  }
}

function free(backend: WebGPUBackend, dataId: DataId): void {
  backend.disposeData(dataId);
}

export function openCase(backend: WebGPUBackend, stated: Tunable, sizes: readonly number[]): OpenCase {
  return new DeviceCase(backend, stated, sizes);
}
