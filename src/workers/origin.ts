/** The files that a run starts from, apart from where they came from. */
import type { Checkpoint } from '../data/checkpoint';
import { labelsOf } from '../data/config-file';
import type { RunModel } from '../lib/training';
import { requireFamily, type ModelFiles } from '../models/load';
import { canonicalNames } from '../models/spelling';

/** A model that can be opened again at another visit: 'current' has been put in words. */
export type LastingModel = Exclude<RunModel, { kind: 'current' }>;

export interface Origin {
  id: string;
  name: string;
  files: ModelFiles;
  /** Absent for random weights. */
  checkpoint?: Checkpoint;
}

/** @throws DetectorError `unsupported` for another family, `checkpoint` for a tensor in two spellings */
export function modelFiles(checkpoint: Checkpoint): ModelFiles {
  return {
    config: checkpoint.config,
    preprocessor: checkpoint.preprocessor,
    classes: labelsOf(checkpoint.config),
    weights: canonicalNames(checkpoint.weights, requireFamily(checkpoint.config)),
    backbone: checkpoint.extra.get('backbone.safetensors'),
    policy: checkpoint.extra.get('policy.safetensors'),
  };
}
