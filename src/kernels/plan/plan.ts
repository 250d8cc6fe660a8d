/** What a recorded piece of GPU work offers: a forward pass of fixed shapes, say. */
import type * as tf from '@tensorflow/tfjs-core';

export interface PlannedDispatch {
  /** The program's name. */
  kernel: string;
  /** Where in the model it ran: src/kernels/scope.ts. */
  scope: string;
  groups: readonly [number, number, number];
  /** Of everything that it is bound to, uniforms left out. */
  bytes: number;
  /** Floating-point operations, 0 where the kernel does not state them. */
  flops: number;
}

export interface KernelTime extends PlannedDispatch {
  microseconds: number;
}

/** Dispatches of one part that follow each other. */
export interface PartTime extends Pick<PlannedDispatch, 'scope' | 'bytes' | 'flops'> {
  /** Dispatches. */
  count: number;
  /** Without what waiting for nothing takes. */
  microseconds: number;
}

export interface Plan {
  /** Write new numbers into these tensors' buffers, then replay. They are the plan's own. */
  readonly inputs: readonly tf.Tensor[];
  /** Each replay overwrites them. They are the plan's own. */
  readonly outputs: readonly tf.Tensor[];
  readonly dispatches: readonly PlannedDispatch[];
  /** Bytes on the GPU that go when the plan goes. */
  readonly bytes: number;
  /** Hands one command buffer to the queue. */
  replay(): void;
  /** A replay, and the numbers of the outputs from one read-back. Readings may overlap; they see what was written before they began. */
  read(): Promise<Float32Array[]>;
  /** A replay in which every dispatch is timed; null where the adapter has no timestamp queries. */
  profile(): Promise<KernelTime[] | null>;
  /**
   * A replay in parts, each waited for: times on adapters without a clock. Neighbours whose scopes get the same name are a part.
   */
  profileParts(scopeOf: (scope: string) => string): Promise<PartTime[]>;
  dispose(): void;
}

/** Work in stages, with numbers that come from the CPU between them. */
export interface StagedPlan {
  /** Write new numbers into those that a stage reads before its replay. They are the plan's own. */
  readonly inputs: readonly tf.Tensor[];
  /** Of each stage; each replay overwrites them. They are the plan's own. */
  readonly outputs: readonly (readonly tf.Tensor[])[];
  readonly dispatches: readonly PlannedDispatch[];
  readonly bytes: number;
  /** The stages must be replayed in their order. */
  replay(stage: number): void;
  /** A replay, and the numbers of the stage's outputs. */
  read(stage: number): Promise<Float32Array[]>;
  /** A replay of all stages, with the numbers that lie in the inputs, in which every dispatch is timed; null where the adapter has no timestamp queries. */
  profile(): Promise<KernelTime[] | null>;
  dispose(): void;
}
