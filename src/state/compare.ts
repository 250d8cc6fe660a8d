/** The store of a comparison: which model stands beside the current one, what it found, and how the two are looked at. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Side } from '../lib/compare-models';
import type { AppError } from '../lib/errors';
import type { EvaluationResult, ImageDetections, ModelInfo, Progress } from '../lib/types';
import type { HereSource, SecondDetections } from '../workers/protocol';

/** Which labelled images are measured on: all of them, or those that are held out from training. */
export type MeasuredPart = 'all' | 'val';

/** Accuracy on labelled images; a side that could not be measured says why. */
export type Measure =
  | { state: 'none' }
  | { state: 'running'; job: string; side: Side; progress: Progress | null }
  | { state: 'done'; part: MeasuredPart; sides: Record<Side, EvaluationResult | AppError> };

const NOT_MEASURED: Measure = { state: 'none' };

export interface CompareState {
  /** Whether the comparison is on the page. */
  open: boolean;
  /** The second model, on the right; null until one is chosen. */
  source: HereSource | null;
  /** What `source` turned out to be, with its first result. */
  model: ModelInfo | null;
  /** Of the second model, by image id. */
  results: Readonly<Record<string, ImageDetections>>;
  /** The image that is on its way through the second model. */
  detecting: string | null;
  /** Why there is no result of an image. */
  failure: { image: string; error: AppError } | null;
  /** Place between the first layer, 0, and the last, 1, of both models; null = the last, whatever the model. */
  position: number | null;
  /** Keys of detections (src/lib/compare-models.ts) that stand out. */
  highlighted: readonly string[];
  part: MeasuredPart;
  measure: Measure;
  setOpen(open: boolean): void;
  choose(source: HereSource | null): void;
  startDetecting(image: string): void;
  /** Ends it without a result and without a reason: it was cancelled. */
  stopDetecting(): void;
  setSecond(image: string, found: SecondDetections): void;
  failDetecting(image: string, error: AppError): void;
  setPosition(position: number | null): void;
  highlight(keys: readonly string[]): void;
  setPart(part: MeasuredPart): void;
  setMeasure(measure: Measure): void;
  /** Progress of job `job`; of another one it is ignored. */
  setMeasureProgress(job: string, progress: Progress): void;
}

export type CompareStore = StoreApi<CompareState>;

/** What belongs to one second model. */
const NOTHING = { model: null, results: {}, detecting: null, failure: null, highlighted: [], measure: NOT_MEASURED };

export function createCompareStore(): CompareStore {
  return createStore<CompareState>()((set) => ({
    open: false,
    source: null,
    ...NOTHING,
    position: null,
    part: 'all',

    setOpen: (open) => set(open ? { open } : { open, ...NOTHING }),
    choose: (source) => set({ source, ...NOTHING }),
    startDetecting: (image) => set({ detecting: image, failure: null }),
    stopDetecting: () => set({ detecting: null }),
    setSecond: (image, { model, detections }) =>
      set(({ results }) => ({ model, results: { ...results, [image]: detections }, detecting: null, failure: null })),
    failDetecting: (image, error) => set({ detecting: null, failure: { image, error } }),
    setPosition: (position) => set({ position: position === null ? null : Math.min(Math.max(position, 0), 1) }),
    highlight: (keys) =>
      set(({ highlighted }) =>
        keys.length === highlighted.length && keys.every((key, at) => key === highlighted[at])
          ? {}
          : { highlighted: keys },
      ),
    setPart: (part) => set({ part }),
    setMeasure: (measure) => set({ measure }),
    setMeasureProgress: (job, progress) =>
      set(({ measure }) =>
        measure.state === 'running' && measure.job === job ? { measure: { ...measure, progress } } : {},
      ),
  }));
}

/** Whether a side of a measurement could not be measured. */
export const isError = (side: EvaluationResult | AppError): side is AppError => 'code' in side;
