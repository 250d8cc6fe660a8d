/** What a recording keeps: commands over buffers that may be other ones when they are replayed. */
import type { PlannedDispatch } from './plan';

/** A buffer from when it was taken from TF.js's pool until it was given back: later the same memory is another one. */
export interface Held {
  readonly buffer: GPUBuffer;
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
  /** Was there before, or stays after: the commands keep to this very buffer. */
  lasting: boolean;
  /** What the CPU wrote into it before any command met it. */
  content?: Uint8Array<ArrayBuffer>;
  /** Commands that meet it, by index. */
  first: number;
  last: number;
  /** A command writes into it. */
  written: boolean;
}

export interface BoundBuffer {
  binding: number;
  held: Held;
  offset: number;
  size: number;
  /** The program may write into it. */
  writable: boolean;
}

export interface Dispatch extends PlannedDispatch {
  kind: 'dispatch';
  pipeline: GPUComputePipeline;
  bound: readonly BoundBuffer[];
}

export interface Copy {
  kind: 'copy';
  from: Held;
  fromOffset: number;
  to: Held;
  toOffset: number;
  size: number;
}

export interface Clear {
  kind: 'clear';
  held: Held;
  offset: number;
  size: number;
}

export type Command = Dispatch | Copy | Clear;
