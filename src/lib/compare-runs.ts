/** What a run still needs, and how two runs differ. */
import type { RunSeries } from './charts';
import { TRAIN_FIELDS, type TrainSettings } from './train-settings';

export interface SettingDifference {
  name: keyof TrainSettings;
  of: string;
  other: string;
}

/** Settings with different values, in the order in which settings are shown. */
export function settingDifferences(of: TrainSettings, other: TrainSettings): SettingDifference[] {
  return (Object.keys(TRAIN_FIELDS) as (keyof TrainSettings)[])
    .filter((name) => of[name] !== other[name])
    .map((name) => ({ name, of: String(of[name]), other: String(other[name]) }));
}

/** Steps whose mean time stands for those to come. */
const RECENT = 20;

/** Mean milliseconds of the latest steps; null before the first one. The first step compiles, so it counts only alone. */
export function recentStepMs(series: RunSeries): number | null {
  const all = series.column('ms');
  const values = all.slice(Math.max(all.length > 1 ? 1 : 0, all.length - RECENT)).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Milliseconds until the last step, measurements on held-out images included; null before the first step. */
export function timeLeftMs(series: RunSeries, settings: Pick<TrainSettings, 'steps' | 'evaluateEvery'>): number | null {
  const stepMs = recentStepMs(series);
  if (stepMs === null) return null;
  const done = series.steps.at(-1) ?? 0;
  const left = Math.max(0, settings.steps - done);
  const measured = (steps: number): number => Math.ceil(steps / settings.evaluateEvery);
  const evaluations = measured(settings.steps) - Math.floor(done / settings.evaluateEvery);
  const evaluationMs = series.evaluations.at(-1)?.ms ?? 0;
  return left * stepMs + (left > 0 ? Math.max(0, evaluations) * evaluationMs : 0);
}
