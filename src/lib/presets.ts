/** Presets of a run: by the number of labelled images, each a difference from the method's defaults. */
import { trainSettings, type TrainMethod, type TrainSettings } from './train-settings';

/** `few`: about ten labelled images, `some`: about fifty, `many`: more. */
export type PresetId = 'few' | 'some' | 'many';
export const PRESET_IDS: readonly PresetId[] = ['few', 'some', 'many'];

/** docs/learning.md, presets: ten photos gain nothing after 100 steps, fifty neither; hundreds go on to 400. */
export const PRESETS: Readonly<Record<PresetId, Readonly<Partial<TrainSettings>>>> = Object.freeze({
  few: {},
  // More images, fewer views of each: as many encoded views in memory.
  some: { views: 4 },
  many: { steps: 400, views: 2, evaluateEvery: 100, saveEvery: 25 },
});

const MOST_FEW = 25;
const MOST_SOME = 120;

/** @param labelled images of the training split that have labels */
export function presetFor(labelled: number): PresetId {
  if (labelled <= MOST_FEW) return 'few';
  return labelled <= MOST_SOME ? 'some' : 'many';
}

/** Defaults, the method's differences, the preset's, the person's. */
export function presetSettings(method: TrainMethod, preset: PresetId, changed: Partial<TrainSettings>): TrainSettings {
  return trainSettings(method, { ...PRESETS[preset], ...changed });
}
