/** A plan in stages: the buffers live as long as any stage needs them. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Segment } from './build';
import { submit } from '../submit';
import { Replayed } from './compiled';
import type { KernelTime, PlannedDispatch, StagedPlan } from './plan';
import { Readback } from './readback';
import { timeDispatches } from './timing';

export interface Stage {
  segment: Segment;
  outputs: readonly tf.Tensor[];
  others: readonly tf.Tensor[];
  outputBuffers: readonly GPUBuffer[];
}

interface Parts {
  backend: WebGPUBackend;
  inputs: readonly tf.Tensor[];
  stages: readonly Stage[];
  dispatches: readonly PlannedDispatch[];
  buffers: readonly GPUBuffer[];
  bytes: number;
  /** Lets go of what was kept for the plan. */
  release(): void;
}

export class CompiledStages implements StagedPlan {
  readonly inputs: readonly tf.Tensor[];
  readonly outputs: readonly (readonly tf.Tensor[])[];
  readonly dispatches: readonly PlannedDispatch[];
  readonly bytes: number;
  private readonly replayed: readonly Replayed[];
  private readonly readbacks: readonly Readback[];
  private disposed = false;

  constructor(private readonly parts: Parts) {
    ({ inputs: this.inputs, dispatches: this.dispatches, bytes: this.bytes } = parts);
    this.outputs = parts.stages.map(({ outputs }) => outputs);
    this.replayed = parts.stages.map(({ segment }) => new Replayed(parts.backend, segment));
    this.readbacks = parts.stages.map(({ outputBuffers }) => new Readback(parts.backend.device, outputBuffers));
  }

  replay(stage: number): void {
    this.replayed[stage]!.run();
  }

  read(stage: number): Promise<Float32Array[]> {
    const slot = this.readbacks[stage]!.slot();
    this.replayed[stage]!.run((encoder) => slot.copy(encoder));
    return slot.read();
  }

  async profile(): Promise<KernelTime[] | null> {
    const { backend } = this.parts;
    if (!backend.device.features.has('timestamp-query')) return null;
    submit(backend);
    const steps = this.replayed.flatMap((stage) => stage.steps());
    const microseconds = await timeDispatches(backend.device, steps);
    return this.dispatches.map((dispatch, i) => ({ ...dispatch, microseconds: microseconds[i]! }));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    const { inputs, stages, buffers, release } = this.parts;
    tf.dispose([...inputs, ...stages.flatMap(({ outputs, others }) => [...outputs, ...others])]);
    release();
    buffers.forEach((buffer) => buffer.destroy());
    this.readbacks.forEach((readback) => readback.dispose());
  }
}
