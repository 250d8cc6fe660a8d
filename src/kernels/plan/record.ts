/** Work of fixed shapes, run once under a capture, as a plan. */
import * as tf from '@tensorflow/tfjs-core';
import type { DataId } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { DetectorError } from '../../lib/errors';
import { bufferOf } from '../adamw/device-copy';
import { dropFree } from '../buffer-pool';
import { build, type Built, type Segment } from './build';
import { buffersOf, Capture } from './capture';
import { CompiledPlan } from './compiled';
import { repeated } from './once';
import type { Plan, StagedPlan } from './plan';
import { CompiledStages } from './staged';

/**
 * Records `work`: nothing of it is executed until the first replay, though tensors that it makes and keeps for later (positions,
 * say) are the plan's to fill: replay before anybody else reads them.
 * @param inputs on this backend; from now on the plan's own, as the outputs are
 * @param work runs inside tf.tidy and must not read back; the same dispatches whatever the inputs hold
 * @throws DetectorError `internal` for work that cannot be recorded
 */
export function record(backend: WebGPUBackend, inputs: tf.Tensor[], work: () => tf.Tensor[]): Plan {
  const { stages, ...parts } = recorded(backend, inputs, ({ end }) => end(work()));
  const [{ segment, outputs, outputBuffers }] = stages as [RecordedStage];
  return new CompiledPlan({ ...parts, segment, outputs, outputBuffers });
}

export interface Recording {
  /** @returns the tensor, which is one more of the plan's inputs: what comes from the CPU between two stages */
  input<T extends tf.Tensor>(tensor: T): T;
  /**
   * Ends a stage; nothing may come after the last.
   * @param outputs that `read` gives
   * @param others that stay on the device
   */
  end(outputs: tf.Tensor[], others?: tf.Tensor[]): void;
}

/**
 * As `record`, for work that is replayed in stages.
 * @throws DetectorError `internal` for work that cannot be recorded
 */
export function recordStages(
  backend: WebGPUBackend,
  inputs: tf.Tensor[],
  work: (recording: Recording) => void,
): StagedPlan {
  return new CompiledStages(recorded(backend, inputs, work));
}

interface RecordedStage {
  segment: Segment;
  outputs: tf.Tensor[];
  others: tf.Tensor[];
  outputBuffers: GPUBuffer[];
}

interface Recorded extends Pick<Built, 'dispatches' | 'buffers'> {
  backend: WebGPUBackend;
  inputs: tf.Tensor[];
  stages: RecordedStage[];
  bytes: number;
  release(): void;
}

function recorded(backend: WebGPUBackend, given: tf.Tensor[], work: (recording: Recording) => void): Recorded {
  const inputs = [...given];
  inputs.forEach((input) => bufferOf(backend, input));
  const capture = new Capture(backend);
  const stages: Pick<RecordedStage, 'outputs' | 'others'>[] = [];
  const ends: number[] = [];
  const stay = <T extends tf.Tensor>(tensor: T): T => {
    bufferOf(backend, tf.keep(tensor));
    return tensor;
  };
  const recording: Recording = {
    input: (tensor) => {
      inputs.push(tensor);
      return stay(tensor);
    },
    end: (outputs, others = []) => {
      stages.push({ outputs: outputs.map(stay), others: others.map(stay) });
      ends.push(capture.commands.length);
    },
  };
  capture.during(() => tf.tidy(() => work(recording)));
  const kept = [...inputs, ...stages.flatMap(({ outputs, others }) => [...outputs, ...others])];
  const buffersFor = (tensors: readonly tf.Tensor[]): GPUBuffer[] => tensors.map((tensor) => bufferOf(backend, tensor));
  const own = new Set(buffersFor(kept));
  const problem = capture.problem ?? lastingFault(capture);
  if (problem) {
    tf.dispose(kept);
    throw new DetectorError('internal', 'plan', `the work cannot be recorded: ${problem}`);
  }
  // The plan has memory of its own, and what TF.js took for the recording is asked for by nobody else.
  dropFree(backend, (buffer) => capture.unused.has(buffer));
  const held = keptData(backend, capture, own);
  const read = new Set(buffersFor(kept.slice(inputs.length)));
  const again = repeated(capture.commands, new Set(buffersFor(inputs)), read);
  const { segments, dispatches, buffers } = build(backend.device, capture.commands, ends, again);
  return {
    backend,
    inputs,
    stages: stages.map(({ outputs, others }, i) => ({
      segment: segments[i]!,
      outputs,
      others,
      outputBuffers: buffersFor(outputs),
    })),
    dispatches,
    buffers,
    bytes: [...buffers, ...own].reduce((sum, { size }) => sum + size, 0),
    release: () => releaseData(backend, held),
  };
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
