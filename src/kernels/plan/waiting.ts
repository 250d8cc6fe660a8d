/** How long parts of a plan take where the device has no clock: each is handed over alone and waited for. */
import { encodeTransfer, type Step } from './steps';
import type { PartTime, PlannedDispatch } from './plan';

interface Part {
  steps: Step[];
  sum: Omit<PartTime, 'microseconds'>;
}

/** @param scopeOf the name under which neighbours are one part */
function partsOf(
  steps: readonly Step[],
  dispatches: readonly PlannedDispatch[],
  scopeOf: (scope: string) => string,
): Part[] {
  const parts: Part[] = [];
  let waiting: Step[] = [];
  let index = 0;
  for (const step of steps) {
    waiting.push(step);
    if (step.kind !== 'dispatch') continue;
    const { scope, bytes, flops } = dispatches[index++]!;
    const name = scopeOf(scope);
    const last = parts.at(-1);
    if (last?.sum.scope === name) {
      last.steps.push(...waiting);
      last.sum = {
        scope: name,
        count: last.sum.count + 1,
        bytes: last.sum.bytes + bytes,
        flops: last.sum.flops + flops,
      };
    } else parts.push({ steps: waiting, sum: { scope: name, count: 1, bytes, flops } });
    waiting = [];
  }
  parts.at(-1)?.steps.push(...waiting);
  return parts;
}

async function timeSteps(device: GPUDevice, steps: readonly Step[]): Promise<number> {
  const encoder = device.createCommandEncoder({ label: 'plan, a part' });
  for (const step of steps) {
    if (step.kind !== 'dispatch') {
      encodeTransfer(encoder, step);
      continue;
    }
    const pass = encoder.beginComputePass();
    pass.setPipeline(step.pipeline);
    pass.setBindGroup(0, step.group);
    pass.dispatchWorkgroups(...step.groups);
    pass.end();
  }
  const commands = encoder.finish();
  const started = performance.now();
  device.queue.submit([commands]);
  await device.queue.onSubmittedWorkDone();
  return 1000 * (performance.now() - started);
}

const EMPTY_RUNS = 5;

/** Microseconds of each part, in order. The queue should be empty. */
export async function timeParts(
  device: GPUDevice,
  steps: readonly Step[],
  dispatches: readonly PlannedDispatch[],
  scopeOf: (scope: string) => string,
): Promise<PartTime[]> {
  await device.queue.onSubmittedWorkDone();
  let nothing = Infinity;
  for (let run = 0; run < EMPTY_RUNS; run++) nothing = Math.min(nothing, await timeSteps(device, []));
  const times: PartTime[] = [];
  for (const { steps: own, sum } of partsOf(steps, dispatches, scopeOf))
    times.push({ ...sum, microseconds: Math.max(0, (await timeSteps(device, own)) - nothing) });
  return times;
}
