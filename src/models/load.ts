/** From a checkpoint's files to a Detector: the family is what config.json says. */
import { DetectorError } from '../lib/errors';
import type { TensorSource } from '../lib/tensor-source';
import type { ModelFamily } from '../lib/types';
import type { Detector } from './detector';
import { DeformableDetr } from './deformable-detr/model';
import { DeimV2 } from './deimv2/model';
import { Detr } from './detr/model';
import { DFine } from './dfine/model';
import type { FamilyFiles } from './family';
import { RtDetr } from './rtdetr/model';
import { StepDetr } from './stepdetr/model';

export interface ModelFiles extends FamilyFiles {
  /** Only StepDETR over a frozen backbone has one. */
  backbone: TensorSource | undefined;
  /** Tensors of `weights` that stand in no file: made for other classes or for a new model. */
  made?: readonly string[];
}

const FAMILIES: Record<ModelFamily, (files: ModelFiles) => Detector> = {
  stepdetr: (files) => StepDetr.load(files),
  deimv2: (files) => DeimV2.load(files),
  detr: (files) => Detr.load(files),
  deformable_detr: (files) => DeformableDetr.load(files),
  rt_detr: (files) => RtDetr.load(files),
  rt_detr_v2: (files) => RtDetr.load(files),
  d_fine: (files) => DFine.load(files),
};

/** The authors of DEIMv2 save no model_type; their sections name it. */
function familyOf(config: Record<string, unknown>): unknown {
  return config['model_type'] ?? ('DEIMTransformer' in config ? 'deimv2' : undefined);
}

/**
 * The family's name.
 * @throws DetectorError `unsupported` for a family that is not here
 */
export function requireFamily(config: Record<string, unknown>): ModelFamily {
  const family = familyOf(config);
  if (typeof family === 'string' && Object.hasOwn(FAMILIES, family)) return family as ModelFamily;
  const known = Object.keys(FAMILIES).join(', ');
  throw new DetectorError(
    'unsupported',
    'config.json',
    `model_type: ${JSON.stringify(family) ?? 'nothing'} is not supported, only ${known}`,
  );
}

/** @throws DetectorError `unsupported` for another family, else what the family's own reader finds wrong */
export function loadDetector(files: ModelFiles): Detector {
  return FAMILIES[requireFamily(files.config)](files);
}
