/** How long one run of a variant takes on the device. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { submit } from '../submit';
import type { Prepared } from './tuning';

/** What TF.js 4.22 keeps to itself of its recording. */
interface Recording {
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
}

/** What is measured at a time: browsers round times to 0.1 ms. */
const LONG_ENOUGH_US = 2000;
const MOST_RUNS = 32;
/** The shortest of so many times counts. */
const ROUNDS = 3;
const TIMES_BYTES = 16;

/** @returns microseconds, above 0 */
export async function timeRuns(backend: WebGPUBackend, prepared: Prepared, variant: string): Promise<number> {
  const first = await timeOnce(backend, prepared, variant, 1);
  const runs = Math.min(MOST_RUNS, Math.max(1, Math.ceil(LONG_ENOUGH_US / Math.max(1, first))));
  let least = first;
  // Where one run is long enough by itself the first time was as good as another.
  for (let round = 1; round < (first > 4 * LONG_ENOUGH_US ? 1 : ROUNDS); round++) {
    least = Math.min(least, (await timeOnce(backend, prepared, variant, runs)) / runs);
  }
  return Math.max(least, 1e-3);
}

/** Encodes the runs one after the other: a write into what all of them read keeps them from overlapping. */
function encodeRuns(
  backend: WebGPUBackend,
  { inputs, run }: Prepared,
  variant: string,
  runs: number,
  querySet: GPUQuerySet | null,
): void {
  const recording = backend as unknown as Recording;
  const between = backend.tensorMap.get(inputs[0]!.dataId).resource as GPUBuffer;
  for (let i = 0; i < runs; i++) {
    backend.ensureCommandEncoderReady();
    if (querySet) {
      const timestampWrites: GPUComputePassTimestampWrites = {
        querySet,
        ...(i === 0 && { beginningOfPassWriteIndex: 0 }),
        ...(i === runs - 1 && { endOfPassWriteIndex: 1 }),
      };
      const edge = i === 0 || i === runs - 1;
      recording.computePassEncoder = recording.commandEncoder!.beginComputePass(edge ? { timestampWrites } : {});
    }
    backend.disposeData(run(variant).dataId);
    backend.endComputePassEncoder();
    recording.commandEncoder!.clearBuffer(between, 0, 4);
  }
}

/** @returns microseconds of all runs together */
async function timeOnce(backend: WebGPUBackend, prepared: Prepared, variant: string, runs: number): Promise<number> {
  const { device } = backend;
  submit(backend);
  await device.queue.onSubmittedWorkDone();
  const stamps = device.features.has('timestamp-query') ? new Stamps(device) : null;
  const start = performance.now();
  encodeRuns(backend, prepared, variant, runs, stamps?.querySet ?? null);
  stamps?.resolve((backend as unknown as Recording).commandEncoder!);
  submit(backend);
  await device.queue.onSubmittedWorkDone();
  const waited = 1000 * (performance.now() - start);
  const counted = await stamps?.read();
  // Some drivers give times that stand still or run backwards.
  return counted !== undefined && counted > 0 ? counted : waited;
}

/** The device's clock at the begin and the end of some passes. */
class Stamps {
  readonly querySet: GPUQuerySet;
  private readonly resolved: GPUBuffer;
  private readonly staging: GPUBuffer;

  constructor(device: GPUDevice) {
    this.querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
    const size = TIMES_BYTES;
    this.resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  resolve(encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(this.querySet, 0, 2, this.resolved, 0);
    encoder.copyBufferToBuffer(this.resolved, 0, this.staging, 0, TIMES_BYTES);
  }

  /** @returns microseconds; frees everything */
  async read(): Promise<number> {
    await this.staging.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(this.staging.getMappedRange().slice(0));
    this.querySet.destroy();
    this.resolved.destroy();
    this.staging.destroy();
    return Number(end! - begin!) / 1000;
  }
}
