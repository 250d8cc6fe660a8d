/** Slice: the checkpoint in use, those that are here, and the one being loaded. */
import type { StateCreator } from 'zustand/vanilla';
import type { AppError } from '../lib/errors';
import type { RunWeights } from '../lib/training';
import type { ModelEntry, ModelInfo, Progress } from '../lib/types';

/** What to load at the next visit: everything else is kept in the browser under its id. */
export type ModelChoice =
  { kind: 'embedded'; id: string } | { kind: 'cached'; id: string } | { kind: 'run'; id: string; weights: RunWeights };

export const EMBEDDED_MODEL = 'stepdetr_s';

export interface ModelLoading {
  name: string;
  job: string;
  progress: Progress | null;
}

export interface ModelSlice {
  model: ModelInfo | null;
  modelChoice: ModelChoice;
  models: ModelEntry[];
  modelLoading: ModelLoading | null;
  modelError: AppError | null;
  /** Class names by model id: results of an earlier model keep their names. */
  classNames: Record<string, readonly string[]>;
  startLoading(name: string, job: string): void;
  setLoadProgress(job: string, progress: Progress): void;
  /** Ends loading job `job` well; `choice` where the next visit cannot find the model by its own id. */
  setModel(job: string, info: ModelInfo, choice?: ModelChoice): void;
  /** Ends loading job `job` badly (null: cancelled); the model before stays. */
  failLoading(job: string, error: AppError | null): void;
  setModels(entries: ModelEntry[]): void;
  learnClassNames(model: string, names: readonly string[]): void;
  dismissModelError(): void;
}

export const createModelSlice: StateCreator<ModelSlice, [], [], ModelSlice> = (set) => ({
  model: null,
  modelChoice: { kind: 'embedded', id: EMBEDDED_MODEL },
  models: [],
  modelLoading: null,
  modelError: null,
  classNames: {},

  startLoading: (name, job) => set({ modelLoading: { name, job, progress: null }, modelError: null }),
  setLoadProgress: (job, progress) =>
    set(({ modelLoading }) => (modelLoading?.job === job ? { modelLoading: { ...modelLoading, progress } } : {})),
  setModel: (job, info, choice) =>
    set(({ modelLoading, classNames }) => ({
      model: info,
      modelChoice: choice ?? { kind: info.source === 'embedded' ? 'embedded' : 'cached', id: info.id },
      modelLoading: modelLoading?.job === job ? null : modelLoading,
      modelError: null,
      classNames: { ...classNames, [info.id]: info.classes },
    })),
  failLoading: (job, error) =>
    set(({ modelLoading }) => (modelLoading?.job === job ? { modelLoading: null, modelError: error } : {})),
  setModels: (entries) => set({ models: entries }),
  learnClassNames: (model, names) => set(({ classNames }) => ({ classNames: { [model]: names, ...classNames } })),
  dismissModelError: () => set({ modelError: null }),
});

/** The name of class `label` of model `model`; "class 17" while the names are not known. */
export function classNameOf(names: readonly string[] | undefined, label: number): string {
  return names?.[label] ?? `class ${label}`;
}
