/** What the bench's page measures and its program prints: plain data. */
import type { Agreement } from './agreement';
import type { Power } from './statistics';

export type EngineName = 'ours' | 'onnxruntime-webgpu' | 'onnxruntime-wasm' | 'tfjs';

/** How often something is measured. */
export interface Effort {
  /** Warm runs of which the median is taken. */
  runs: number;
  /** The same for an engine that takes longer than `slowMs` a run. */
  slowRuns: number;
  slowMs: number;
}

export interface DetectionOptions extends Effort {
  model: string;
  /** Addresses of the checkpoint's files, the ONNX file (null: there is none) and the photo. */
  checkpoint: readonly string[];
  onnx: string | null;
  photo: string;
  /** Height and width of the input. */
  side: number;
  /** On TF.js's own kernels too. */
  plain: boolean;
}

export interface DetectionRow {
  model: string;
  engine: EngineName;
  /** What it computes on, as the browser names it. */
  device: string;
  /** From nothing (no worker, no session) to the first boxes. */
  first_ms: number;
  median_ms: number;
  least_ms: number;
  /** Warm runs that these are of. */
  runs: number;
  /** Of our detections with its; absent for ours. */
  agreement?: Agreement;
}

export interface KernelRow {
  work: string;
  /** Floating-point operations. */
  flop: number;
  ours_ms: number;
  tfjs_ms: number;
  rounds: number;
}

export interface KernelResult {
  /** An adapter that computes on the CPU. */
  software: boolean;
  adapter: string;
  rows: KernelRow[];
  /** Floating-point operations a second that a loop of multiply-adds in registers reaches on this device. */
  peak: number;
}

export interface TrainingRow {
  step: string;
  /** Shortest. */
  ours_ms: number;
  /** The same step with TF.js's own kernels; absent where it is not measured. */
  tfjs_ms?: number;
}

export type GrowthAxis = 'side' | 'queries' | 'rollouts';

/** A training step whose growth is measured. */
export type StepMethod = 'supervised' | 'grpo';

export interface GrowthPoint {
  /** Shortest. */
  ms: number;
  /** Most bytes of GPU buffers at one time, the weights included. */
  gpu_bytes: number;
  runs: number;
}

export interface GrowthSeries {
  axis: GrowthAxis;
  /** What is timed. */
  what: string;
  points: (GrowthPoint & { at: number })[];
  time: Growth;
  memory: Growth;
}

/** As a power over all sizes, and over the two largest: what stands still weighs least there. */
export interface Growth {
  all: Power;
  last: Power;
}

export interface OverheadResult {
  adapter: string;
  model: string;
  dispatches: number;
  /** Of the CPU, per dispatch: a replayed plan, and the same work through TF.js. */
  replay_us: { least: number; median: number };
  eager_us: { least: number; median: number };
  rounds: number;
}

export interface AllocationResult {
  adapter: string;
  model: string;
  detections: number;
  /** Bytes that TF.js's buffer manager handed out, those of recycled buffers included. */
  tfjs_bytes: number;
  /** Bytes of buffers that the device made, for whomever. */
  device_bytes: number;
  /** More tensors than before. */
  tensors: number;
}

/** Something that must hold. */
export interface Bound {
  name: string;
  value: number;
  /** At most this, or at least this. */
  most?: number;
  least?: number;
}
