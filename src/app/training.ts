/** Starts, pauses, resumes and keeps runs of fine-tuning through the worker; their news lands in the store of training. */
import { toAppError, type AppError } from '../lib/errors';
import { attempt, type Result } from '../lib/result';
import { countData } from '../lib/training-checks';
import type { RunInfo, RunRequest, RunWeights, TrainingData } from '../lib/training';
import type { ModelFamily } from '../lib/types';
import type { NewNotice } from '../state/device';
import type { TrainingCommands } from '../state/commands';
import type { HeldOutLabels, TrainingStore } from '../state/training';
import { activeRun, draftSettings } from '../state/training-select';
import { offerFile } from '../ui/offer-file';
import type { DetectorClient } from '../workers/client';
import type { ModelSource, OnRunEvent } from '../workers/protocol';
import { newId } from './ids';
import { createRunFeed, nextFrame, type NextFrame } from './run-feed';

export interface TrainingParts {
  training: TrainingStore;
  client: Pick<
    DetectorClient,
    'train' | 'resumeRun' | 'pauseRun' | 'runs' | 'runLog' | 'runShown' | 'removeRun' | 'checkpointFiles' | 'cancel'
  >;
  /** Images and labels of the session as they are now. */
  trainingData(): TrainingData;
  /** Of the current model, the one that learns; null before there is one. */
  family(): ModelFamily | null;
  /** @param name for people, while it loads */
  load(source: ModelSource, name?: string): void;
  notify(notice: NewNotice): void;
  zip(files: readonly { path: string; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Blob>;
  schedule?: NextFrame;
}

export interface Training {
  commands: TrainingCommands;
  /** Kept runs, after the worker has started. */
  restore(): Promise<void>;
  /** Says that images, labels or splits changed: what there is to learn from is counted again. */
  dataChanged(): void;
  /** Whether an image is held by a kept run that is at work here. */
  isInRuns(image: string): boolean;
}

export function createTraining(parts: TrainingParts): Training {
  const { training, client, notify } = parts;
  const { schedule = nextFrame } = parts;
  const feed = createRunFeed((events) => training.getState().take(events), schedule);
  /** The job in the worker of each run that is at work. */
  const jobs = new Map<string, string>();
  const imagesOf = new Map<string, ReadonlySet<string>>();
  const fault = (error: AppError): void => {
    if (error.code !== 'cancelled') notify({ kind: 'fault', error });
  };

  /** From the call to its answer; a run that ends badly says so itself, in its state. */
  const work = async (
    id: string,
    call: (job: string, onRun: OnRunEvent) => Promise<Result<RunInfo>>,
  ): Promise<void> => {
    const job = newId('train');
    jobs.set(id, job);
    const answer = await call(job, feed.push).catch((thrown: unknown) => ({
      ok: false as const,
      error: toAppError(thrown, 'training'),
    }));
    jobs.delete(id);
    feed.flush();
    if (answer.ok) return training.getState().setRun(answer.value);
    const run = training.getState().runs[id];
    if (run) training.getState().setRun({ ...run, state: 'failed', error: answer.error });
    fault(answer.error);
  };

  const readLog = async (id: string): Promise<void> => {
    if (training.getState().series[id]) return;
    const log = await client.runLog(id);
    if (!log.ok) return fault(log.error);
    // A run that started meanwhile has told its steps itself.
    if (!training.getState().series[id]) training.getState().setLog(id, log.value);
    const shown = await client.runShown(id);
    if (shown.ok) training.getState().setShown(id, shown.value);
    else fault(shown.error);
  };

  const save = async (id: string, weights: RunWeights): Promise<void> => {
    const files = await client.checkpointFiles({ kind: 'run', id, weights });
    if (!files.ok) return fault(files.error);
    const { name } = files.value;
    const zipped = await attempt(name, () =>
      parts.zip(files.value.files.map((file) => ({ path: `${name}/${file.name}`, bytes: file.bytes }))),
    );
    if (!zipped.ok) return fault(zipped.error);
    offerFile(zipped.value, `${name}.zip`);
    notify({ kind: 'saved', what: `${name}.zip` });
  };

  const start = (name: string): void => {
    if (activeRun(training.getState())) return;
    const { draft } = training.getState();
    const data = parts.trainingData();
    const settings = draftSettings(draft, { labelled: countData(data).train, family: parts.family() });
    const id = runId();
    const request: RunRequest = { id, name, settings, data, model: draft.model };
    if (settings.method === 'distil') request.teacher = draft.teacher;
    training.getState().setHeldOutLabels(id, heldOutLabels(data));
    imagesOf.set(id, new Set(data.images.map((image) => image.id)));
    void work(id, (job, onRun) => client.train(request, job, onRun));
  };

  const resume = async (id: string): Promise<void> => {
    if (activeRun(training.getState())) return;
    // The log first: the run goes on where it ends.
    await readLog(id);
    training.getState().showRun(id);
    await work(id, (job, onRun) => client.resumeRun(id, job, onRun));
  };

  const remove = async (id: string): Promise<void> => {
    const job = jobs.get(id);
    if (job) await client.cancel(job);
    const answer = await client.removeRun(id);
    if (!answer.ok) return fault(answer.error);
    imagesOf.delete(id);
    training.getState().forgetRun(id);
  };

  let counting = false;
  const count = (): void => {
    counting = false;
    training.getState().setCounts(countData(parts.trainingData()));
  };

  return {
    commands: {
      startRun: start,
      pauseRun: (id) => void client.pauseRun(id),
      resumeRun: (id) => void resume(id),
      stopRun: (id) => {
        const job = jobs.get(id);
        if (job) void client.cancel(job);
      },
      removeRun: (id) => void remove(id),
      showRun: (id) => {
        training.getState().showRun(id);
        void readLog(id);
      },
      compareRun: (id) => {
        training.getState().compareRun(id);
        if (id !== null) void readLog(id);
      },
      openRun: (id, weights) => parts.load({ kind: 'run', id, weights }, training.getState().runs[id]?.name),
      saveRun: (id, weights) => void save(id, weights),
    },
    restore: async () => {
      const runs = await client.runs();
      if (!runs.ok) return fault(runs.error);
      training.getState().restoreRuns(runs.value);
      const [latest] = runs.value;
      if (latest && training.getState().shownRun === null) {
        training.getState().showRun(latest.id);
        await readLog(latest.id);
      }
    },
    dataChanged: () => {
      if (counting) return;
      counting = true;
      schedule(count);
    },
    isInRuns: (image) => [...jobs.keys()].some((id) => imagesOf.get(id)?.has(image) ?? false),
  };
}

/** Unique over visits: runs are kept under it. */
function runId(): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!;
  return `run-${Date.now().toString(36)}-${random.toString(36)}`;
}

function heldOutLabels({ images }: TrainingData): HeldOutLabels {
  return Object.fromEntries(
    images.flatMap(({ id, name, split, labels }) => (split === 'val' && labels ? [[id, { name, labels }]] : [])),
  );
}
