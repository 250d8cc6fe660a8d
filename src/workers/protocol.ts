/**
 * What the page and the worker say to each other: plain data only, every answer a Result, progress through callbacks,
 * cancellation by job id. The worker owns the device and every tensor; the page never sees one.
 */
import type { ClusterComparison, ClusterSettings } from '../lib/clusters';
import type { AppError } from '../lib/errors';
import type { ProfileReport } from '../lib/profile';
import type { QueryViews } from '../lib/query-views';
import type { Result } from '../lib/result';
import type { CheckpointFiles, RunEvent, RunInfo, RunLog, RunRequest, RunShown, RunWeights } from '../lib/training';
import type { EvaluationResult, ImageDetections, ModelEntry, ModelInfo, Progress } from '../lib/types';

export type BackendName = 'webgpu' | 'wasm';
export type AdapterPreference = 'high-performance' | 'low-power' | 'software';

export interface DeviceInfo {
  backend: BackendName;
  /** "NVIDIA H200", "SwiftShader", "WebAssembly, 1 thread" … as the browser names it. */
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
  /** Bytes of GPU buffers, those of plans and those kept for reuse included; 0 without WebGPU. */
  gpuBytes: number;
  /** Of these: kept for reuse. */
  freeBytes: number;
  /** Of these: recorded plans', of detection and of training. */
  planBytes: number;
  /** Of these: filters that are transformed already, four times their weights' size. */
  filterBytes: number;
  /** Of these, where a model is loaded: its weights. */
  weightBytes?: number;
  /** What `gpuBytes` is brought below between two pieces of work, where that is possible. */
  budget: number;
}

/** Pixels that change hands: whoever is given them closes them. */
export type Frame = ImageBitmap | VideoFrame;

/** Where a checkpoint comes from. */
export type ModelSource =
  | { kind: 'embedded'; id: string }
  | { kind: 'cached'; id: string }
  /**
   * `endpoint` is a mirror's address (`readEndpoint` of src/lib/hub-address), the Hugging Face hub where it is left out;
   * `token` goes to that address only and is kept nowhere.
   */
  | { kind: 'hub'; repo: string; revision?: string; endpoint?: string; token?: string }
  /** config.json, model.safetensors and perhaps preprocessor_config.json; kept in the browser under `name` for the next visit. */
  | { kind: 'files'; name: string; files: File[] }
  /** What a run of fine-tuning made. */
  | { kind: 'run'; id: string; weights: RunWeights };

/** A checkpoint that is here: it needs no network. */
export type HereSource = Exclude<ModelSource, { kind: 'hub' | 'files' }>;

/** What the second model found. */
export interface SecondDetections {
  model: ModelInfo;
  detections: ImageDetections;
}

export type WorkerEvent =
  | { type: 'device'; info: DeviceInfo }
  | { type: 'device-lost'; reason: string }
  | { type: 'device-restored'; info: DeviceInfo }
  | { type: 'fault'; error: AppError };

export type OnProgress = (progress: Progress) => void;
export type OnRunEvent = (event: RunEvent) => void;
export type OnEvent = (event: WorkerEvent) => void;

export interface StartOptions {
  adapter: AdapterPreference;
  backend: 'auto' | BackendName;
}

/** The worker's methods, called through Comlink. `job` is any unique string; cancel(job) ends it with code `cancelled`. */
export interface DetectorWorker {
  /**
   * Opens the device (WebGPU where there is one, else WebAssembly). Called once, before anything else.
   * @param options `base` is the page's address, which the embedded model's files are beside
   */
  start(options: StartOptions & { base: string }, onEvent: OnEvent): Promise<Result<DeviceInfo>>;
  memory(): Promise<Result<MemoryInfo>>;
  /** Checkpoints that are here: embedded ones and those kept in the browser. */
  models(): Promise<Result<ModelEntry[]>>;
  /** Makes a checkpoint the current one. The one before stays current when this fails. */
  load(source: ModelSource, job: string, onProgress: OnProgress): Promise<Result<ModelInfo>>;
  /** Deletes a checkpoint kept in the browser. */
  remove(id: string): Promise<Result<void>>;
  /** Detects with the current model. A Blob is decoded by the worker (ms.decode); a frame is closed afterwards. */
  detect(image: Blob | Frame, name: string, job: string): Promise<Result<ImageDetections>>;
  /**
   * Detects with another model, which stays loaded beside the current one until another second model is asked for or
   * `endSecond` is called.
   */
  detectWith(source: HereSource, image: Blob, name: string, job: string): Promise<Result<SecondDetections>>;
  /** Frees the second model. */
  endSecond(): Promise<Result<void>>;
  /** What a query of the current model looked at in each decoder layer of an image. */
  inspect(image: Blob, name: string, query: number, job: string): Promise<Result<QueryViews>>;
  /** What an image's way through the current model costs, by part, against what the device can do. */
  profile(image: Blob, name: string, job: string): Promise<Result<ProfileReport>>;
  /** How many bytes on the GPU the page may hold from now on; null: as many as suit the device. */
  setBudget(bytes: number | null): Promise<Result<void>>;
  /** From now on the current model's encoder clusters, whichever model it is, where its attention is dense; null: exact. */
  setClusters(settings: ClusterSettings | null): Promise<Result<void>>;
  /** One image through the current model's exact encoder and through clusters; changes nothing of `setClusters`. */
  compareClusters(
    image: Blob,
    name: string,
    settings: ClusterSettings,
    job: string,
  ): Promise<Result<ClusterComparison>>;
  /**
   * COCO AP of every layer of the current model, or of `model` as `detectWith` has it. `annotations` is a COCO JSON text;
   * `images` are found by their file names.
   */
  evaluate(
    annotations: string,
    images: File[],
    options: { limit?: number; model?: HereSource },
    job: string,
    onProgress: OnProgress,
  ): Promise<Result<EvaluationResult>>;
  /**
   * Fine-tunes a copy of a model; the current model stays as it is and goes on detecting between the steps. Everything is kept
   * under the request's id as it goes. cancel(job) stops the run for good; its weights so far are kept.
   * @returns what the run is when it is done, paused, stopped or failed
   */
  train(request: RunRequest, job: string, onRun: OnRunEvent): Promise<Result<RunInfo>>;
  /** Goes on with a kept run at the step after the one that was saved last. */
  resumeRun(id: string, job: string, onRun: OnRunEvent): Promise<Result<RunInfo>>;
  /** Ends the run after its current step, saved; `train` or `resumeRun` answer with state 'paused'. */
  pauseRun(id: string): Promise<void>;
  /** Kept runs, newest first. */
  runs(): Promise<Result<RunInfo[]>>;
  runLog(id: string): Promise<Result<RunLog>>;
  /** Held-out images and the latest episode, as they were kept. */
  runShown(id: string): Promise<Result<RunShown>>;
  removeRun(id: string): Promise<Result<void>>;
  /** The files of the current model, or of a run's weights, as they are saved. */
  checkpointFiles(
    source: { kind: 'current' } | { kind: 'run'; id: string; weights: RunWeights },
  ): Promise<Result<CheckpointFiles>>;
  cancel(job: string): Promise<void>;
  /** Destroys the device as a driver crash would; for tests and the Device panel's "restart". */
  loseDevice(): Promise<void>;
}
