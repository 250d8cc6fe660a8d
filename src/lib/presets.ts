/** Presets of a run: by the number of labelled images and the model's family, each a difference from the method's defaults. */
import { trainSettings, type TrainMethod, type TrainSettings } from './train-settings';
import type { ModelFamily } from './types';

/** `few`: about ten labelled images, `some`: about fifty, `many`: more. */
export type PresetId = 'few' | 'some' | 'many';
export const PRESET_IDS: readonly PresetId[] = ['few', 'some', 'many'];

/** docs/learning.md, "Does the policy help?": what a model has to unlearn, the KL to the start keeps. */
const UNTIED: Readonly<Partial<TrainSettings>> = { betaRef: 0 };

/**
 * docs/learning.md, presets: where the start knows the things already, ten photos gain nothing after 100 steps, nor do fifty; where
 * they are new to it ten photos gain until 180. Hundreds go on to 400.
 */
export const PRESETS: Readonly<Record<PresetId, Readonly<Partial<TrainSettings>>>> = Object.freeze({
  few: UNTIED,
  // More images, fewer views of each: as many encoded views in memory.
  some: { ...UNTIED, views: 4 },
  many: { ...UNTIED, steps: 400, views: 2, evaluateEvery: 100, saveEvery: 25 },
});

/**
 * docs/learning.md, presets: what families want that the defaults, StepDETR's, are not right for. DEIMv2 has a decoder as small
 * as its rate has to be large.
 */
const OF_FAMILY: Readonly<Partial<Record<ModelFamily, Readonly<Partial<TrainSettings>>>>> = Object.freeze({
  deimv2: { learningRate: 1e-3 },
});

/** What a run learns from, as far as its preset follows from it. */
export interface Learning {
  /** Images of the training split that have labels. */
  labelled: number;
  /** Of the model; null before there is one. */
  family: ModelFamily | null;
}

const MOST_FEW = 25;
const MOST_SOME = 120;

/** @param labelled images of the training split that have labels */
export function presetFor(labelled: number): PresetId {
  if (labelled <= MOST_FEW) return 'few';
  return labelled <= MOST_SOME ? 'some' : 'many';
}

/** `auto`: by the number of labelled images. */
export type PresetChoice = PresetId | 'auto';

export const chosenPreset = (choice: PresetChoice, { labelled }: Pick<Learning, 'labelled'>): PresetId =>
  choice === 'auto' ? presetFor(labelled) : choice;

/** Defaults, the method's differences, the preset's, the family's, the person's. Distillation was measured without a family's. */
export function presetSettings(
  method: TrainMethod,
  preset: PresetId,
  family: Learning['family'],
  changed: Partial<TrainSettings>,
): TrainSettings {
  const own = family === null || method === 'distil' ? {} : OF_FAMILY[family];
  return trainSettings(method, { ...PRESETS[preset], ...own, ...changed });
}
