import { describe, expect, it } from 'vitest';
import { episodeSnapshot, runEvents, runInfo, stepRecord, twoLabels } from '../lib/testing/run-events';
import { createTrainingStore, EPISODES_KEPT, FIRST_DRAFT } from './training';
import {
  activeRun,
  draftSettings,
  presetOf,
  shownSeries,
  sortedRuns,
  withMethod,
  withSetting,
} from './training-select';

const picture = new Blob([]);

describe('the store of training', () => {
  it('takes a whole run in one change', () => {
    const store = createTrainingStore();
    let changes = 0;
    store.subscribe(() => changes++);
    store.getState().take([...runEvents(runInfo('r'), 50, picture)]);
    const state = store.getState();
    expect(changes).toBe(1);
    expect(state.shownRun).toBe('r');
    expect(state.runs['r']).toMatchObject({ state: 'running', step: 50 });
    expect(shownSeries(state)!.steps).toHaveLength(50);
    expect(shownSeries(state)!.evaluations.map(({ step }) => step)).toEqual([0, 25, 50]);
    expect(state.savedAt['r']).toBe(50);
    expect(state.progress['r']).toBeUndefined();
    expect(state.heldOut['r']).toMatchObject({ before: { step: 0 }, now: { step: 50 } });
  });

  it('says that a series grew without another object for it', () => {
    const store = createTrainingStore();
    store.getState().take([...runEvents(runInfo('r'), 2, picture)]);
    const [series, grown] = [shownSeries(store.getState()), store.getState().grown['r']!];
    store.getState().take([{ type: 'step', id: 'r', record: stepRecord(3) }]);
    expect(shownSeries(store.getState())).toBe(series);
    expect(store.getState().grown['r']).toBe(grown + 1);
  });

  it('keeps the latest episodes', () => {
    const store = createTrainingStore();
    const events = Array.from({ length: EPISODES_KEPT + 5 }, (_, step) => ({
      type: 'episode' as const,
      id: 'r',
      snapshot: episodeSnapshot(step, picture, 1),
    }));
    store.getState().take(events);
    const kept = store.getState().episodes['r']!;
    expect(kept).toHaveLength(EPISODES_KEPT);
    expect(kept.at(-1)!.step).toBe(EPISODES_KEPT + 4);
  });

  it('shows what is being measured until it is done', () => {
    const store = createTrainingStore();
    store.getState().take([{ type: 'progress', id: 'r', stage: 'evaluate', done: 1, total: 3 }]);
    expect(store.getState().progress['r']).toEqual({ stage: 'evaluate', done: 1, total: 3 });
    store.getState().take([{ type: 'progress', id: 'r', stage: 'evaluate', done: 3, total: 3 }]);
    expect(store.getState().progress['r']).toBeUndefined();
  });

  it('takes runs of an earlier visit that were at work as interrupted', () => {
    const store = createTrainingStore();
    store.getState().restoreRuns([runInfo('cut'), runInfo('done', { state: 'done' })]);
    expect(store.getState().interrupted).toEqual(['cut']);
    expect(store.getState().runs['cut']!.state).toBe('paused');
    expect(activeRun(store.getState())).toBeUndefined();
    store.getState().take([{ type: 'run', run: runInfo('cut') }]);
    store.getState().setRun(runInfo('cut', { state: 'done' }));
    expect(store.getState().interrupted).toEqual([]);
  });

  it('does not call a run interrupted that has started in this visit', () => {
    const store = createTrainingStore();
    store.getState().take([{ type: 'run', run: runInfo('r') }]);
    store.getState().restoreRuns([runInfo('r')]);
    expect(store.getState().interrupted).toEqual([]);
    expect(activeRun(store.getState())?.id).toBe('r');
  });

  it('forgets a run with all that belongs to it', () => {
    const store = createTrainingStore();
    store.getState().take([...runEvents(runInfo('r'), 25, picture)]);
    store.getState().setHeldOutLabels('r', { a: { name: 'a', labels: twoLabels() } });
    store.getState().forgetRun('r');
    const { runs, series, grown, episodes, heldOut, heldOutLabels, savedAt, shownRun } = store.getState();
    for (const record of [runs, series, grown, episodes, heldOut, heldOutLabels, savedAt]) expect(record).toEqual({});
    expect(shownRun).toBeNull();
  });

  it('compares a run with another one only', () => {
    const store = createTrainingStore();
    store.getState().restoreRuns([runInfo('a', { state: 'done' }), runInfo('b', { state: 'done' })]);
    store.getState().showRun('a');
    store.getState().compareRun('a');
    expect(store.getState().comparedRun).toBeNull();
    store.getState().compareRun('b');
    expect(store.getState().comparedRun).toBe('b');
    store.getState().showRun('b');
    expect(store.getState().comparedRun).toBeNull();
  });

  it('reads a log in place of what was known', () => {
    const store = createTrainingStore();
    store.getState().restoreRuns([runInfo('r', { state: 'done' })]);
    const warning = { kind: 'not-finite' as const, step: 1, row: 1 };
    store.getState().setLog('r', { steps: [stepRecord(1)], evaluations: [], warnings: [warning] });
    expect(store.getState().series['r']!.steps).toEqual([1]);
    expect(store.getState().warnings['r']).toEqual([warning]);
  });
});

const TEN = { labelled: 10, family: 'stepdetr' as const };
const MANY = { ...TEN, labelled: 1000 };

describe('the draft of a run', () => {
  it('has the preset of its number of images until one is chosen', () => {
    expect(presetOf(FIRST_DRAFT, TEN)).toBe('few');
    expect(presetOf(FIRST_DRAFT, MANY)).toBe('many');
    expect(presetOf({ ...FIRST_DRAFT, preset: 'few' }, MANY)).toBe('few');
  });

  it('has the rate of the model’s family', () => {
    const own = draftSettings(FIRST_DRAFT, { ...TEN, family: 'deimv2' });
    expect(own.learningRate).toBeGreaterThan(draftSettings(FIRST_DRAFT, TEN).learningRate);
    const changed = withSetting(FIRST_DRAFT, TEN, 'learningRate', own.learningRate);
    expect(withSetting(changed, { ...TEN, family: 'deimv2' }, 'learningRate', own.learningRate).changed).toEqual({});
  });

  it('keeps only real changes', () => {
    const changed = withSetting(FIRST_DRAFT, TEN, 'steps', 7);
    expect(draftSettings(changed, TEN).steps).toBe(7);
    const plain = draftSettings(FIRST_DRAFT, TEN).steps;
    expect(withSetting(changed, TEN, 'steps', plain).changed).toEqual({});
  });

  it('drops with its method what the method decides', () => {
    const draft = { ...FIRST_DRAFT, changed: { policy: 'clip' as const, seed: 3 } };
    const supervised = withMethod(draft, 'supervised');
    expect(draftSettings(supervised, TEN)).toMatchObject({ method: 'supervised', policy: 'none', seed: 3 });
  });

  it('starts from random weights only in distillation', () => {
    const distil = { ...withMethod(FIRST_DRAFT, 'distil'), model: { kind: 'random-patches' as const } };
    expect(withMethod(distil, 'grpo').model).toEqual({ kind: 'current' });
  });
});

it('lists runs newest first', () => {
  const runs = { a: runInfo('a', { startedAt: '2026-01-01T00:00:00Z' }), b: runInfo('b', { startedAt: '2026-02-01' }) };
  expect(sortedRuns(runs).map(({ id }) => id)).toEqual(['b', 'a']);
});
