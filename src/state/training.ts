/**
 * The store of training: runs, the latest pictures of what a run does, and the settings of the next one. A store of its own,
 * since it changes many times a second while a run goes on. The figures themselves are beside it in `series`: they grow in
 * place, and `grown` says when.
 */
import { createStore } from 'zustand/vanilla';
import { RunSeries } from '../lib/charts';
import type { PresetChoice } from '../lib/presets';
import type { TrainMethod, TrainSettings } from '../lib/train-settings';
import { NO_DATA, type DataCounts } from '../lib/training-checks';
import type {
  EpisodeSnapshot,
  HeldOutDetections,
  ImageLabels,
  RunEvent,
  RunInfo,
  RunLog,
  RunModel,
  RunShown,
  RunWarning,
} from '../lib/training';

/** What the next run is to be. */
export interface RunDraft {
  method: TrainMethod;
  preset: PresetChoice;
  /** Differences from method and preset that the person made. */
  changed: Partial<TrainSettings>;
  model: RunModel;
  /** Distillation only. */
  teacher: RunModel;
}

/** Held-out images of a run: labels as they were when it started. */
export type HeldOutLabels = Record<string, { name: string; labels: ImageLabels }>;

export interface HeldOutView {
  /** As the model before the run saw them, and as the latest measured one does. */
  before: HeldOutDetections | null;
  now: HeldOutDetections | null;
}

/** Which of the training panels is shown. */
export type TrainView = 'run' | 'charts' | 'episode' | 'heldout';

export interface RunProgress {
  stage: 'views' | 'evaluate';
  done: number;
  total: number;
}

export interface TrainingState {
  runs: Record<string, RunInfo>;
  /** The run that is shown. */
  shownRun: string | null;
  /** Drawn with dashed lines beside it. */
  comparedRun: string | null;
  /** By run id; the object behind an id is replaced only when its log is read again. */
  series: Record<string, RunSeries>;
  /** Counts the changes of `series`, by run id. */
  grown: Record<string, number>;
  warnings: Record<string, RunWarning[]>;
  /** What is being prepared or measured, by run id; absent between. */
  progress: Record<string, RunProgress>;
  /** Step of the last saving, by run id. */
  savedAt: Record<string, number>;
  /** The latest EPISODES_KEPT, oldest first, by run id. */
  episodes: Record<string, EpisodeSnapshot[]>;
  heldOut: Record<string, HeldOutView>;
  heldOutLabels: Record<string, HeldOutLabels>;
  /** What there is to learn from now. */
  counts: DataCounts;
  /** Runs that were at work when the page was closed. */
  interrupted: readonly string[];
  draft: RunDraft;
  view: TrainView;
  /** The training panels cover the page. */
  wide: boolean;
  /** Takes in what a worker said, in its order, in one change. */
  take(events: readonly RunEvent[]): void;
  /** Kept runs, at the start of a visit: none of them is at work, so those that were are interrupted and count as paused. */
  restoreRuns(runs: readonly RunInfo[]): void;
  setRun(run: RunInfo): void;
  /** A log that was read; it takes the place of what is known. */
  setLog(id: string, log: RunLog): void;
  /** Pictures that were kept; those that the run has told meanwhile stay. */
  setShown(id: string, shown: RunShown): void;
  setHeldOutLabels(id: string, labels: HeldOutLabels): void;
  forgetRun(id: string): void;
  setCounts(counts: DataCounts): void;
  showRun(id: string | null): void;
  compareRun(id: string | null): void;
  changeDraft(change: Partial<RunDraft>): void;
  setView(view: TrainView): void;
  setWide(wide: boolean): void;
}

export const EPISODES_KEPT = 20;

export const FIRST_DRAFT: RunDraft = {
  method: 'grpo',
  preset: 'auto',
  changed: {},
  model: { kind: 'current' },
  teacher: { kind: 'current' },
};

export type TrainingStore = ReturnType<typeof createTrainingStore>;
type News = Pick<
  TrainingState,
  'runs' | 'series' | 'grown' | 'warnings' | 'progress' | 'savedAt' | 'episodes' | 'heldOut' | 'shownRun'
>;

export function createTrainingStore(draft: RunDraft = FIRST_DRAFT) {
  return createStore<TrainingState>()((set) => ({
    runs: {},
    shownRun: null,
    comparedRun: null,
    series: {},
    grown: {},
    warnings: {},
    progress: {},
    savedAt: {},
    episodes: {},
    heldOut: {},
    heldOutLabels: {},
    counts: NO_DATA,
    interrupted: [],
    draft,
    view: 'run',
    wide: false,

    take: (events) => set((state) => events.reduce<News>(withEvent, state)),
    restoreRuns: (kept) =>
      set(({ runs, interrupted }) => {
        const cut = kept.filter(({ id, state }) => !runs[id] && (state === 'running' || state === 'preparing'));
        const paused = kept.map((run): [string, RunInfo] => [
          run.id,
          cut.includes(run) ? { ...run, state: 'paused' } : run,
        ]);
        return {
          runs: { ...Object.fromEntries(paused), ...runs },
          interrupted: [...interrupted, ...cut.map(({ id }) => id)],
        };
      }),
    setRun: (run) =>
      set(({ runs, interrupted, progress }) => ({
        runs: { ...runs, [run.id]: run },
        interrupted: interrupted.filter((id) => id !== run.id),
        progress: without(progress, run.id),
      })),
    setCounts: (counts) => set({ counts }),
    setLog: (id, log) =>
      set(({ series, grown, warnings }) => ({
        series: { ...series, [id]: RunSeries.of(log) },
        grown: { ...grown, [id]: (grown[id] ?? 0) + 1 },
        warnings: { ...warnings, [id]: log.warnings },
      })),
    setShown: (id, { before, now, episode, labels }) =>
      set((state) => ({
        heldOut: { [id]: { before, now }, ...state.heldOut },
        episodes: { ...(episode ? { [id]: [episode] } : {}), ...state.episodes },
        heldOutLabels: { [id]: labels, ...state.heldOutLabels },
      })),
    setHeldOutLabels: (id, labels) => set((state) => ({ heldOutLabels: { ...state.heldOutLabels, [id]: labels } })),
    forgetRun: (id) =>
      set((state) => ({
        ...withoutRun(state, id),
        shownRun: state.shownRun === id ? null : state.shownRun,
        comparedRun: state.comparedRun === id ? null : state.comparedRun,
        interrupted: state.interrupted.filter((each) => each !== id),
      })),
    showRun: (id) => set(({ comparedRun }) => ({ shownRun: id, comparedRun: comparedRun === id ? null : comparedRun })),
    compareRun: (id) => set(({ shownRun }) => ({ comparedRun: id === shownRun ? null : id })),
    changeDraft: (change) => set((state) => ({ draft: { ...state.draft, ...change } })),
    setView: (view) => set({ view }),
    setWide: (wide) => set({ wide }),
  }));
}

/** One event after another; series grow in place and are counted. */
function withEvent(news: News, event: RunEvent): News {
  const id = event.type === 'run' ? event.run.id : event.id;
  const put = <T>(record: Record<string, T>, value: T): Record<string, T> => ({ ...record, [id]: value });
  switch (event.type) {
    case 'run':
      return {
        ...news,
        runs: put(news.runs, event.run),
        shownRun: news.runs[id] ? news.shownRun : id,
        progress: event.run.state === 'running' ? without(news.progress, id) : news.progress,
      };
    case 'progress':
      return {
        ...news,
        progress:
          event.done < event.total
            ? put(news.progress, { stage: event.stage, done: event.done, total: event.total })
            : without(news.progress, id),
      };
    case 'step': {
      const grown = grow(news, id, (series) => series.addStep(event.record));
      const run = news.runs[id];
      return run ? { ...grown, runs: put(news.runs, { ...run, step: event.record.step }) } : grown;
    }
    case 'evaluation':
      return {
        ...grow(news, id, (series) => series.addEvaluation(event.record)),
        progress: without(news.progress, id),
      };
    case 'held-out':
      return { ...news, heldOut: put(news.heldOut, withHeldOut(news.heldOut[id], event.detections)) };
    case 'episode':
      return {
        ...news,
        episodes: put(news.episodes, [...(news.episodes[id] ?? []), event.snapshot].slice(-EPISODES_KEPT)),
      };
    case 'warning':
      return { ...news, warnings: put(news.warnings, [...(news.warnings[id] ?? []), event.warning]) };
    case 'saved':
      return { ...news, savedAt: put(news.savedAt, event.step) };
  }
}

function grow(news: News, id: string, add: (series: RunSeries) => void): News {
  const series = news.series[id] ?? new RunSeries();
  add(series);
  return {
    ...news,
    series: news.series[id] ? news.series : { ...news.series, [id]: series },
    grown: { ...news.grown, [id]: (news.grown[id] ?? 0) + 1 },
  };
}

const withHeldOut = (view: HeldOutView | undefined, detections: HeldOutDetections): HeldOutView =>
  detections.step === 0
    ? { before: detections, now: view?.now ?? detections }
    : { before: view?.before ?? null, now: detections };

/** The record without one key; the same one where it has none. */
function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record;
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}

function withoutRun(state: TrainingState, id: string): Partial<TrainingState> {
  return {
    runs: without(state.runs, id),
    series: without(state.series, id),
    grown: without(state.grown, id),
    warnings: without(state.warnings, id),
    progress: without(state.progress, id),
    savedAt: without(state.savedAt, id),
    episodes: without(state.episodes, id),
    heldOut: without(state.heldOut, id),
    heldOutLabels: without(state.heldOutLabels, id),
  };
}
