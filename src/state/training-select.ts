/** What more than one panel asks of the store of training. */
import type { RunSeries } from '../lib/charts';
import { chosenPreset, presetSettings, type Learning, type PresetId } from '../lib/presets';
import type { TrainMethod, TrainSettings } from '../lib/train-settings';
import type { RunInfo, RunState } from '../lib/training';
import type { RunDraft, TrainingState } from './training';

export const shownRun = (state: TrainingState): RunInfo | undefined =>
  state.shownRun === null ? undefined : state.runs[state.shownRun];

export const shownSeries = (state: TrainingState): RunSeries | undefined =>
  state.shownRun === null ? undefined : state.series[state.shownRun];

/** Whether the worker is at work on it. */
export const isActive = (state: RunState): boolean => state === 'preparing' || state === 'running';

/** The run the worker is at work on; there is at most one. */
export const activeRun = (state: TrainingState): RunInfo | undefined =>
  Object.values(state.runs).find((run) => isActive(run.state));

/** Newest first. */
export function sortedRuns(runs: TrainingState['runs']): RunInfo[] {
  return Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

export const isReinforced = (method: TrainMethod): boolean => method !== 'supervised' && method !== 'distil';

export const presetOf = (draft: RunDraft, learning: Pick<Learning, 'labelled'>): PresetId =>
  chosenPreset(draft.preset, learning);

/** What the run would be without the person's changes. */
export const plainSettings = (draft: RunDraft, learning: Learning): TrainSettings =>
  presetSettings(draft.method, presetOf(draft, learning), learning.family, {});

export const draftSettings = (draft: RunDraft, learning: Learning): TrainSettings =>
  presetSettings(draft.method, presetOf(draft, learning), learning.family, draft.changed);

/** What a method decides, which a change of method takes back. */
const OF_METHOD: readonly (keyof TrainSettings)[] = ['policy', 'baseline', 'epochs', 'betaRef', 'betaGt'];

export function withMethod(draft: RunDraft, method: TrainMethod): RunDraft {
  const kept = Object.entries(draft.changed).filter(([name]) => !OF_METHOD.includes(name as keyof TrainSettings));
  const needsPatches = method === 'distil' || draft.model.kind !== 'random-patches';
  return {
    ...draft,
    method,
    changed: Object.fromEntries(kept),
    model: needsPatches ? draft.model : { kind: 'current' },
  };
}

/** A change of one setting; the value that method and preset have anyway is no change. */
export function withSetting<K extends keyof TrainSettings>(
  draft: RunDraft,
  learning: Learning,
  name: K,
  value: TrainSettings[K],
): RunDraft {
  const others = Object.fromEntries(Object.entries(draft.changed).filter(([each]) => each !== name));
  const plain = plainSettings(draft, learning);
  return { ...draft, changed: plain[name] === value ? others : { ...others, [name]: value } };
}
