/** A plan ready to run: its commands with their pipelines, bind groups and buffers. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { submit } from '../submit';
import { encodeTransfer, type Step } from './steps';
import type { KernelTime, PartTime, Plan, PlannedDispatch } from './plan';
import type { Segment } from './build';
import { Readback } from './readback';
import { timeDispatches } from './timing';
import { timeParts } from './waiting';

interface Parts {
  backend: WebGPUBackend;
  inputs: readonly tf.Tensor[];
  outputs: readonly tf.Tensor[];
  outputBuffers: readonly GPUBuffer[];
  segment: Segment;
  dispatches: readonly PlannedDispatch[];
  buffers: readonly GPUBuffer[];
  bytes: number;
  /** Lets go of what was kept for the plan. */
  release(): void;
}

export class CompiledPlan implements Plan {
  readonly inputs: readonly tf.Tensor[];
  readonly outputs: readonly tf.Tensor[];
  readonly dispatches: readonly PlannedDispatch[];
  readonly bytes: number;
  private readonly replayed: Replayed;
  private readonly readback: Readback;
  private disposed = false;

  constructor(private readonly parts: Parts) {
    ({ inputs: this.inputs, outputs: this.outputs, dispatches: this.dispatches, bytes: this.bytes } = parts);
    this.replayed = new Replayed(parts.backend, parts.segment);
    this.readback = new Readback(parts.backend.device, parts.outputBuffers);
  }

  replay(): void {
    this.replayed.run();
  }

  read(): Promise<Float32Array[]> {
    const slot = this.readback.slot();
    this.replayed.run((encoder) => slot.copy(encoder));
    return slot.read();
  }

  async profile(): Promise<KernelTime[] | null> {
    const { backend } = this.parts;
    if (!backend.device.features.has('timestamp-query')) return null;
    submit(backend);
    const microseconds = await timeDispatches(backend.device, this.replayed.steps());
    return this.dispatches.map((dispatch, i) => ({ ...dispatch, microseconds: microseconds[i]! }));
  }

  profileParts(scopeOf: (scope: string) => string): Promise<PartTime[]> {
    const { backend } = this.parts;
    submit(backend);
    return timeParts(backend.device, this.replayed.steps(), this.dispatches, scopeOf);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    const { inputs, outputs, buffers, release } = this.parts;
    tf.dispose([...inputs, ...outputs]);
    release();
    buffers.forEach((buffer) => buffer.destroy());
    this.readback.dispose();
  }
}

/** A segment that has been replayed or not: the first time it does more. */
export class Replayed {
  private ran = false;

  constructor(
    private readonly backend: WebGPUBackend,
    private readonly segment: Segment,
  ) {}

  /** @param after puts more into the same command buffer */
  run(after: (encoder: GPUCommandEncoder) => void = () => undefined): void {
    submitSteps(this.backend, this.ran ? this.segment.again : this.segment.first, after);
    this.ran = true;
  }

  /** What every replay does; the first one has been by then. */
  steps(): readonly Step[] {
    if (!this.ran) this.run();
    return this.segment.again;
  }
}

/** Hands the steps to the queue as one command buffer, with what TF.js still holds back (uploads, updates of weights) before them. */
function submitSteps(
  backend: WebGPUBackend,
  steps: readonly Step[],
  after: (encoder: GPUCommandEncoder) => void,
): void {
  submit(backend);
  const encoder = backend.device.createCommandEncoder({ label: 'plan' });
  encodeSteps(encoder, steps);
  after(encoder);
  backend.device.queue.submit([encoder.finish()]);
}

function encodeSteps(encoder: GPUCommandEncoder, steps: readonly Step[]): void {
  let pass: GPUComputePassEncoder | undefined;
  let pipeline: GPUComputePipeline | undefined;
  for (const step of steps) {
    if (step.kind === 'dispatch') {
      if (!pass) {
        pass = encoder.beginComputePass();
        pipeline = undefined;
      }
      if (step.pipeline !== pipeline) pass.setPipeline((pipeline = step.pipeline));
      pass.setBindGroup(0, step.group);
      pass.dispatchWorkgroups(...step.groups);
      continue;
    }
    pass?.end();
    pass = undefined;
    encodeTransfer(encoder, step);
  }
  pass?.end();
}
