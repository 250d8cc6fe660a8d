/** Work of fixed shapes, run once under a capture, as a plan. */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { DetectorError } from '../../lib/errors';
import { bufferOf } from '../adamw/device-copy';
import { build } from './build';
import { buffersOf, Capture } from './capture';
import { CompiledPlan } from './compiled';
import type { Plan } from './plan';

/**
 * Records `work`: nothing of it is executed until the first replay, though tensors that it makes and keeps for later (positions,
 * say) are the plan's to fill: replay before anybody else reads them.
 * @param inputs on this backend; from now on the plan's own, as the outputs are
 * @param work runs inside tf.tidy and must not read back; the same dispatches whatever the inputs hold
 * @throws DetectorError `internal` for work that cannot be recorded
 */
export function record(backend: WebGPUBackend, inputs: tf.Tensor[], work: () => tf.Tensor[]): Plan {
  inputs.forEach((input) => bufferOf(backend, input));
  const capture = new Capture(backend);
  let outputs: tf.Tensor[] = [];
  const buffers = capture.during(() => {
    outputs = tf.tidy(work).map((output) => tf.keep(output));
    return [...inputs, ...outputs].map((tensor) => bufferOf(backend, tensor));
  });
  const problem = capture.problem ?? lastingFault(capture);
  if (problem) {
    tf.dispose([...inputs, ...outputs]);
    throw new DetectorError('internal', 'plan', `the work cannot be recorded: ${problem}`);
  }
  const own = new Set(buffers);
  const held = keptData(backend, capture, own);
  const { steps, dispatches, buffers: made } = build(backend.device, capture.commands);
  return new CompiledPlan({
    backend,
    inputs,
    outputs,
    outputBuffers: buffers.slice(inputs.length),
    steps,
    dispatches,
    buffers: made,
    bytes: [...made, ...own].reduce((sum, { size }) => sum + size, 0),
    release: () => releaseData(backend, held),
  });
}

/** What the CPU fills and commands change cannot be filled again where it stays. */
function lastingFault({ commands }: Capture): string | undefined {
  const changed = commands.flatMap(buffersOf).find(({ lasting, content, written }) => lasting && content && written);
  return changed && 'a tensor that stays is uploaded and then changed';
}

/** Weights and tables that the commands read must outlive the plan. */
function keptData(backend: WebGPUBackend, { commands, data }: Capture, own: ReadonlySet<GPUBuffer>): DataId[] {
  const lasting = new Set(commands.flatMap(buffersOf).flatMap((held) => (held.lasting ? [held.buffer] : [])));
  const ids = [...lasting].flatMap((buffer) => {
    const id = own.has(buffer) ? undefined : data.get(buffer);
    return id ? [id] : [];
  });
  ids.forEach((id) => backend.incRef(id));
  return ids;
}

function releaseData(backend: WebGPUBackend, ids: readonly DataId[]): void {
  for (const id of ids) if (backend.disposeData(id)) tf.engine().removeDataId(id, backend);
}
