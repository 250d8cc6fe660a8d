/** What detect, evaluate and finetune ask of StepDETR, wherever it runs: the built app in a Chromium, or the same worker in Node. */
import type { Result } from '../../src/lib/result';
import type { TrainSettings } from '../../src/lib/train-settings';
import type { RunEvent, RunInfo, RunModel, RunWeights } from '../../src/lib/training';
import type { EvaluationResult, ImageDetections, ModelInfo, Progress } from '../../src/lib/types';
import type { DeviceInfo } from '../../src/workers/protocol';
import type { AdapterChoice } from '../browser';
import type { PlainData } from '../finetune/data';
import type { ModelChoice } from './model-option';

export type RuntimeName = 'browser' | 'node';

/** Pictures stay where the run is. */
export type PlainEvent = Exclude<RunEvent, { type: 'episode' | 'held-out' }>;

/** A RunRequest whose photos are paths. */
export interface PlainRequest {
  name: string;
  settings: TrainSettings;
  data: PlainData;
  model: RunModel;
  teacher?: RunModel;
}

export interface EvaluationRequest {
  /** COCO JSON. */
  annotations: string;
  /** Paths; found by their names. */
  images: readonly string[];
  limit?: number | undefined;
}

export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

export interface Runtime {
  device: DeviceInfo;
  /** Makes the chosen model the current one. @throws Error in words for a person */
  load(choice: ModelChoice): Promise<ModelInfo>;
  /** With the current model, on an image file. */
  detect(path: string): Promise<Result<ImageDetections>>;
  /** The image file at full size with its boxes, as PNG bytes. */
  draw(path: string, found: ImageDetections, threshold: number): Promise<Uint8Array>;
  /** @throws Error in words for a person */
  evaluate(request: EvaluationRequest, onProgress: (progress: Progress) => void): Promise<EvaluationResult>;
  /** @throws Error when the run could not begin; a run that failed says so itself */
  train(request: PlainRequest, hear: (event: PlainEvent) => void): Promise<RunInfo>;
  /** The checkpoint that a run made. */
  checkpoint(run: { id: string; weights: RunWeights }): Promise<NamedBytes[]>;
  close(): Promise<void>;
}

/** @throws Error in words for a person when there is no browser, no adapter, or nothing starts */
export async function openRuntime({
  runtime,
  adapter,
}: {
  runtime: RuntimeName;
  adapter: AdapterChoice;
}): Promise<Runtime> {
  // Each brings libraries that the other has no use for.
  if (runtime === 'browser') return (await import('./browser-runtime')).openBrowserRuntime(adapter);
  return (await import('../node/runtime')).openNodeRuntime(adapter);
}
