/**
 * What the page and the worker say to each other: plain data only, every answer a Result, progress through callbacks,
 * cancellation by job id. The worker owns the device and every tensor; the page never sees one.
 *
 * Q queries, K detections, L decoder layers.
 */
import type { AppError } from '../lib/errors';
import type { Result } from '../lib/result';

export type BackendName = 'webgpu' | 'wasm';
export type AdapterPreference = 'high-performance' | 'low-power' | 'software';

export interface DeviceInfo {
  backend: BackendName;
  /** "NVIDIA H200", "SwiftShader", "WebAssembly, 4 threads" … as the browser names it. */
  adapter: string;
  vendor: string;
  architecture: string;
  software: boolean;
  features: string[];
  /** GPUSupportedLimits that the device was given, empty without WebGPU. */
  limits: Record<string, number>;
  /** Why there is no WebGPU and how to get it; absent on WebGPU. */
  fallbackReason?: AppError;
}

export interface MemoryInfo {
  tensors: number;
  /** Bytes of live tensors. */
  bytes: number;
  /** Bytes of GPU buffers, those kept for reuse included; 0 without WebGPU. */
  gpuBytes: number;
}

export type ModelFamily = 'stepdetr' | 'deimv2';

/** Where a checkpoint comes from. */
export type ModelSource =
  | { kind: 'embedded'; id: string }
  | { kind: 'cached'; id: string }
  | { kind: 'hub'; repo: string; revision?: string }
  /** config.json, model.safetensors and perhaps preprocessor_config.json; kept in the browser under `name` for the next visit. */
  | { kind: 'files'; name: string; files: File[] };

/** A checkpoint that can be loaded without the network. */
export interface ModelEntry {
  id: string;
  name: string;
  source: 'embedded' | 'hub' | 'files';
  bytes: number;
  /** sha256 of the weights file, hex; absent for embedded ones. */
  sha256?: string;
  licence?: string;
}

export interface ModelInfo {
  id: string;
  name: string;
  family: ModelFamily;
  source: ModelEntry['source'];
  classes: string[];
  /** Decoder layers L. */
  layers: number;
  queries: number;
  parameters: number;
  /** [height, width] of the input tensor. */
  inputSize: [number, number];
}

export interface Progress {
  stage: 'download' | 'read' | 'upload' | 'compile' | 'decode' | 'detect' | 'evaluate';
  /** Done and total in `unit`; total 0 when it is not known. */
  done: number;
  total: number;
  unit: 'bytes' | 'images' | 'steps';
  /** The file or image that is being worked on. */
  subject?: string;
}

/** 'select' is the query selection before the first decoder layer. */
export type LayerId = 'select' | number;

/** What one layer says of one image. */
export interface LayerResult {
  layer: LayerId;
  /** [Q,4] packed, cxcywh as fractions of the image. */
  boxes: Float32Array;
  /** The K best (query, class) pairs, best first; scores 0..1. */
  query: Int32Array;
  label: Int32Array;
  score: Float32Array;
}

export interface StageTimes {
  decode: number;
  resize: number;
  model: number;
  post: number;
}

export interface ImageDetections {
  model: string;
  /** Size of the upright image in pixels. */
  width: number;
  height: number;
  /** select, 1, …, L. */
  layers: LayerResult[];
  /** Milliseconds. */
  ms: StageTimes;
  /** Jobs survive a lost device: how often this one was started again. */
  retries: number;
}

/** The twelve COCO numbers; -1 where there is nothing to measure. */
export interface CocoNumbers {
  AP: number;
  AP50: number;
  AP75: number;
  APs: number;
  APm: number;
  APl: number;
  AR1: number;
  AR10: number;
  AR100: number;
  ARs: number;
  ARm: number;
  ARl: number;
}

export interface LayerEvaluation extends CocoNumbers {
  layer: LayerId;
  perClassAP: Record<string, number>;
}

export interface EvaluationResult {
  model: string;
  adapter: string;
  images: number;
  /** Mean milliseconds of an image by stage. */
  ms: StageTimes;
  layers: LayerEvaluation[];
  /** Images that could not be read; they are left out of the measure. */
  failures: AppError[];
}

export type WorkerEvent =
  | { type: 'device'; info: DeviceInfo }
  | { type: 'device-lost'; reason: string }
  | { type: 'device-restored'; info: DeviceInfo }
  | { type: 'fault'; error: AppError };

export type OnProgress = (progress: Progress) => void;
export type OnEvent = (event: WorkerEvent) => void;

/** The worker's methods, called through Comlink. `job` is any unique string; cancel(job) ends it with code `cancelled`. */
export interface DetectorWorker {
  /** Opens the device (WebGPU where there is one, else WebAssembly). Called once, before anything else. */
  start(
    options: { adapter: AdapterPreference; backend: 'auto' | BackendName },
    onEvent: OnEvent,
  ): Promise<Result<DeviceInfo>>;
  memory(): Promise<Result<MemoryInfo>>;
  /** Checkpoints that are here: embedded ones and those kept in the browser. */
  models(): Promise<Result<ModelEntry[]>>;
  /** Makes a checkpoint the current one. The one before stays current when this fails. */
  load(source: ModelSource, job: string, onProgress: OnProgress): Promise<Result<ModelInfo>>;
  /** Deletes a checkpoint kept in the browser. */
  remove(id: string): Promise<Result<void>>;
  /** Detects with the current model. A Blob is decoded by the worker (ms.decode); an ImageBitmap is closed afterwards. */
  detect(image: Blob | ImageBitmap, name: string, job: string): Promise<Result<ImageDetections>>;
  /** COCO AP of every layer of the current model. `annotations` is a COCO JSON text; `images` are found by their file names. */
  evaluate(
    annotations: string,
    images: File[],
    options: { limit?: number },
    job: string,
    onProgress: OnProgress,
  ): Promise<Result<EvaluationResult>>;
  cancel(job: string): Promise<void>;
  /** Destroys the device as a driver crash would; for tests and the Device panel's "restart". */
  loseDevice(): Promise<void>;
}
