/** How long each dispatch of a plan takes, by the device's own clock: every dispatch in a pass of its own, with a time at both ends. */
import { encodeTransfer, type Step } from './steps';

/** A query set holds at most this many times. */
const MOST_TIMES = 4096;
const BYTES_PER_TIME = 8;

type Chunk = { steps: Step[]; dispatches: number };

function chunksOf(steps: readonly Step[]): Chunk[] {
  const chunks: Chunk[] = [{ steps: [], dispatches: 0 }];
  for (const step of steps) {
    let chunk = chunks.at(-1)!;
    if (chunk.dispatches === MOST_TIMES / 2) chunks.push((chunk = { steps: [], dispatches: 0 }));
    chunk.steps.push(step);
    if (step.kind === 'dispatch') chunk.dispatches++;
  }
  return chunks;
}

/** @returns microseconds of each dispatch, in order; browsers may round them (Chrome: to 100 in pages that are not isolated) */
export async function timeDispatches(device: GPUDevice, steps: readonly Step[]): Promise<number[]> {
  const microseconds: number[] = [];
  for (const chunk of chunksOf(steps)) microseconds.push(...(await timeChunk(device, chunk)));
  return microseconds;
}

async function timeChunk(device: GPUDevice, { steps, dispatches }: Chunk): Promise<number[]> {
  if (dispatches === 0) return [];
  const count = 2 * dispatches;
  const size = count * BYTES_PER_TIME;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const encoder = device.createCommandEncoder({ label: 'plan, timed' });
    encodeTimed(encoder, steps, querySet);
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(staging.getMappedRange());
    return Array.from({ length: dispatches }, (_, i) => Number(times[2 * i + 1]! - times[2 * i]!) / 1000);
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}

function encodeTimed(encoder: GPUCommandEncoder, steps: readonly Step[], querySet: GPUQuerySet): void {
  let index = 0;
  for (const step of steps) {
    if (step.kind !== 'dispatch') {
      encodeTransfer(encoder, step);
      continue;
    }
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: index++, endOfPassWriteIndex: index++ },
    });
    pass.setPipeline(step.pipeline);
    pass.setBindGroup(0, step.group);
    pass.dispatchWorkgroups(...step.groups);
    pass.end();
  }
}
