import { describe, expect, it, vi } from 'vitest';
import type { AppError } from '../lib/errors';
import type { Result } from '../lib/result';
import { evaluationRecord, runInfo, stepRecord, twoLabels } from '../lib/testing/run-events';
import type { RunInfo, RunRequest, TrainingData } from '../lib/training';
import { createTrainingStore } from '../state/training';
import { activeRun } from '../state/training-select';
import type { OnRunEvent } from '../workers/protocol';
import { createRunFeed } from './run-feed';
import { createTraining, type TrainingParts } from './training';

const FILE = new Blob([]);
const DATA: TrainingData = {
  classes: ['cat', 'dog'],
  images: [
    { id: 'a', name: 'a.jpg', file: FILE, split: 'train', labels: twoLabels() },
    { id: 'b', name: 'b.jpg', file: FILE, split: 'val', labels: twoLabels() },
  ],
};
const NO_BOXES = { classes: [], boxes: new Float32Array(0) };
const LOST: AppError = { code: 'device', subject: 'device', message: 'was lost' };

interface Work {
  id: string;
  job: string;
  request?: RunRequest;
  say: OnRunEvent;
  answer(result: Result<RunInfo>): void;
}

/** A worker whose runs wait for the test. */
function fixture(kept: RunInfo[] = [], change: Partial<TrainingParts['client']> = {}) {
  const work: Work[] = [];
  const cancelled: string[] = [];
  const notices: unknown[] = [];
  const training = createTrainingStore();
  const begin = (id: string, job: string, say: OnRunEvent, request?: RunRequest): Promise<Result<RunInfo>> =>
    new Promise((answer) => void work.push({ id, job, say, answer, ...(request ? { request } : {}) }));
  const load = vi.fn();
  const sut = createTraining({
    training,
    client: {
      train: (request, job, say) => begin(request.id, job, say, request),
      resumeRun: (id, job, say) => begin(id, job, say),
      pauseRun: async () => undefined,
      runs: async () => ({ ok: true, value: kept }),
      runLog: async () => ({
        ok: true,
        value: { steps: [stepRecord(1)], evaluations: [evaluationRecord(0)], warnings: [] },
      }),
      runShown: async () => ({ ok: true, value: { before: null, now: null, episode: null, labels: {} } }),
      removeRun: async () => ({ ok: true, value: undefined }),
      checkpointFiles: async () => ({ ok: false, error: LOST }),
      cancel: async (job) => void cancelled.push(job),
      ...change,
    },
    trainingData: () => DATA,
    family: () => 'deimv2',
    load,
    notify: (notice) => void notices.push(notice),
    zip: async () => new Blob([]),
    schedule: (act) => void queueMicrotask(act),
  });
  return { sut, training, work, cancelled, notices, load };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('a run', () => {
  it('starts with the draft and the data of the moment, one at a time', async () => {
    const { sut, training, work } = fixture();
    training.getState().changeDraft({ method: 'supervised', changed: { steps: 7 } });
    sut.commands.startRun('First');
    const [first] = work;
    // The rate is that of the family.
    const settings = { method: 'supervised', steps: 7, learningRate: 1e-3 };
    expect(first!.request).toMatchObject({ name: 'First', data: DATA, settings });
    expect(first!.request).not.toHaveProperty('teacher');
    first!.say({ type: 'run', run: runInfo(first!.id) });
    await settled();
    expect(activeRun(training.getState())?.id).toBe(first!.id);
    sut.commands.startRun('Second');
    expect(work).toHaveLength(1);
  });

  it('keeps the labels of held-out images as they were', () => {
    const { sut, training, work } = fixture();
    sut.commands.startRun('First');
    expect(Object.keys(training.getState().heldOutLabels[work[0]!.id]!)).toEqual(['b']);
  });

  it('tells its steps to the store and is what the worker says at its end', async () => {
    const { sut, training, work } = fixture();
    sut.commands.startRun('First');
    const { id, say, answer } = work[0]!;
    say({ type: 'run', run: runInfo(id) });
    say({ type: 'step', id, record: stepRecord(1) });
    answer({ ok: true, value: runInfo(id, { state: 'done', step: 1 }) });
    await settled();
    expect(training.getState().series[id]!.steps).toEqual([1]);
    expect(training.getState().runs[id]!.state).toBe('done');
  });

  it('fails in its own words', async () => {
    const { sut, training, work, notices } = fixture();
    sut.commands.startRun('First');
    work[0]!.say({ type: 'run', run: runInfo(work[0]!.id) });
    work[0]!.answer({ ok: false, error: LOST });
    await settled();
    expect(training.getState().runs[work[0]!.id]).toMatchObject({ state: 'failed', error: LOST });
    expect(notices).toEqual([{ kind: 'fault', error: LOST }]);
  });

  it('is stopped by the job that it has in the worker', () => {
    const { sut, work, cancelled } = fixture();
    sut.commands.startRun('First');
    sut.commands.stopRun(work[0]!.id);
    expect(cancelled).toEqual([work[0]!.job]);
    expect(sut.isInRuns('a')).toBe(true);
    expect(sut.isInRuns('z')).toBe(false);
  });
});

describe('kept runs', () => {
  it('come back, the newest is shown with its log, one that was cut off can go on', async () => {
    const { sut, training, work } = fixture([runInfo('cut'), runInfo('old', { state: 'done' })]);
    await sut.restore();
    expect(training.getState()).toMatchObject({ shownRun: 'cut', interrupted: ['cut'] });
    expect(training.getState().series['cut']!.steps).toEqual([1]);
    sut.commands.resumeRun('cut');
    await settled();
    expect(work.map(({ id }) => id)).toEqual(['cut']);
    work[0]!.answer({ ok: true, value: runInfo('cut', { state: 'done' }) });
    await settled();
    expect(training.getState().interrupted).toEqual([]);
  });

  it('have their log read once, when they are looked at', async () => {
    const runLog = vi.fn(async () => ({ ok: true as const, value: { steps: [], evaluations: [], warnings: [] } }));
    const { sut } = fixture([], { runLog });
    sut.commands.showRun('a');
    await settled();
    sut.commands.compareRun('a');
    await settled();
    expect(runLog).toHaveBeenCalledOnce();
  });

  it('show the pictures that were kept, but not in place of newer ones', async () => {
    const kept = { step: 4, images: {} };
    const runShown = vi.fn(async () => ({
      ok: true as const,
      value: { before: null, now: kept, episode: null, labels: { p: { name: 'p.jpg', labels: NO_BOXES } } },
    }));
    const { sut, training } = fixture([], { runShown });
    training.getState().take([{ type: 'held-out', id: 'b', detections: { step: 9, images: {} } }]);
    sut.commands.showRun('a');
    sut.commands.showRun('b');
    await settled();
    const { heldOut, heldOutLabels, episodes } = training.getState();
    expect(heldOut['a']?.now).toEqual(kept);
    expect(heldOut['b']?.now?.step).toBe(9);
    expect(heldOutLabels['a']?.['p']?.name).toBe('p.jpg');
    expect(episodes['a']).toBeUndefined();
  });

  it('become the current model, under their names while they load', async () => {
    const { sut, load } = fixture([runInfo('a', { name: 'Run 1' })]);
    await sut.restore();
    sut.commands.openRun('a', 'best');
    expect(load).toHaveBeenCalledWith({ kind: 'run', id: 'a', weights: 'best' }, 'Run 1');
  });

  it('are forgotten once the worker has deleted them', async () => {
    const { sut, training } = fixture([runInfo('a', { state: 'done' })]);
    await sut.restore();
    sut.commands.removeRun('a');
    await settled();
    expect(training.getState().runs).toEqual({});
  });

  it('say why they cannot be saved', async () => {
    const { sut, notices } = fixture();
    sut.commands.saveRun('a', 'best');
    await settled();
    expect(notices).toEqual([{ kind: 'fault', error: LOST }]);
  });
});

it('what there is to learn from is counted once for many changes', async () => {
  const { sut, training } = fixture();
  let changes = 0;
  training.subscribe(() => changes++);
  for (let i = 0; i < 5; i++) sut.dataChanged();
  await settled();
  expect(training.getState().counts).toEqual({ classes: 2, train: 1, val: 1, unlabelled: 0, boxes: 2 });
  expect(changes).toBe(1);
});

it('a feed hands over once a frame, in order', () => {
  const frames: (() => void)[] = [];
  const taken: number[] = [];
  const feed = createRunFeed(
    (events) => taken.push(events.length),
    (act) => void frames.push(act),
  );
  for (let step = 1; step <= 3; step++) feed.push({ type: 'step', id: 'r', record: stepRecord(step) });
  expect(frames).toHaveLength(1);
  frames[0]!();
  feed.push({ type: 'step', id: 'r', record: stepRecord(4) });
  feed.flush();
  frames[1]!();
  expect(taken).toEqual([3, 1]);
});
