/**
 * Runs of fine-tuning in the worker: started, gone on with, paused and stopped; kept as they go, and taken up again when the
 * device was lost. One at a time.
 */
import { RunStore } from '../data/runs/store';
import { DetectorError, type AppError } from '../lib/errors';
import { trainProblems } from '../lib/train-settings';
import type { RunInfo, RunRequest } from '../lib/training';
import { ActiveRun, type RunsParts } from './active-run';
import type { LastingModel } from './origin';
import type { OnRunEvent } from './protocol';
import { heldOutOf, learnable, type LastingRequest } from './pupil';

export class Runs {
  private readonly store: RunStore;
  private active: { id: string; pause: boolean } | null = null;

  constructor(private readonly parts: RunsParts) {
    this.store = parts.store ?? new RunStore();
  }

  /** @throws DetectorError naming the setting, image or label that does not fit, before anything is kept */
  async train(request: RunRequest, signal: AbortSignal, onRun: OnRunEvent): Promise<RunInfo> {
    const [problem] = trainProblems(request.settings);
    if (problem) throw new DetectorError('unsupported', 'settings', problem);
    learnable(request);
    const lasting = this.lasting(request);
    return this.alone(request.id, async (active) => {
      const info = await this.newInfo(lasting, signal);
      await this.store.createRun(info, lasting);
      return new ActiveRun(this.parts, this.store, lasting, info, active, signal, onRun).run();
    });
  }

  /** @throws DetectorError `storage` when the run or one of its photos is not kept */
  async resume(id: string, signal: AbortSignal, onRun: OnRunEvent): Promise<RunInfo> {
    return this.alone(id, async (active) => {
      const [info, request] = [await this.store.readInfo(id), await this.store.readRequest(id)];
      delete info.error;
      return new ActiveRun(this.parts, this.store, request as LastingRequest, info, active, signal, onRun).run();
    });
  }

  pause(id: string): void {
    if (this.active?.id === id) this.active.pause = true;
  }

  /** Kept runs, newest first. @param fault is told of damaged ones, which are left out, at once */
  async list(fault: (error: AppError) => void): Promise<RunInfo[]> {
    const { runs, problems } = await this.store.listRuns();
    if (problems.length > 0) fault(damaged(problems));
    return runs;
  }

  shown(id: string): ReturnType<RunStore['readShown']> {
    return this.store.readShown(id);
  }

  log(id: string): ReturnType<RunStore['readLog']> {
    return this.store.readLog(id);
  }

  async remove(id: string): Promise<void> {
    if (this.active?.id === id)
      throw new DetectorError('unsupported', id, 'expected a run that is not going on, this one is', 'Stop it first.');
    await this.store.removeRun(id);
  }

  private async alone<T>(id: string, work: (active: { pause: boolean }) => Promise<T>): Promise<T> {
    if (this.active)
      throw new DetectorError(
        'unsupported',
        id,
        `expected no other run at work, ${this.active.id} is`,
        'Pause or stop it first.',
      );
    this.active = { id, pause: false };
    try {
      return await work(this.active);
    } finally {
      this.active = null;
    }
  }

  /** 'current' in words that hold at another visit too. */
  private lasting(request: RunRequest): LastingRequest {
    const word = (model: RunRequest['model']): LastingModel =>
      model.kind === 'current' ? this.parts.engine().origin : model;
    const { teacher, ...rest } = request;
    return { ...rest, model: word(request.model), ...(teacher && { teacher: word(teacher) }) };
  }

  private async newInfo(request: LastingRequest, signal: AbortSignal): Promise<RunInfo> {
    const { id, name, settings, data } = request;
    signal.throwIfAborted();
    const train = learnable(request);
    return {
      id,
      name,
      state: 'preparing',
      settings,
      model: { id: '', name: '', family: '' },
      classes: data.classes,
      images: {
        train: train.length,
        val: heldOutOf(request).length,
        unlabelled: train.filter(({ labels }) => labels === null).length,
      },
      adapter: this.parts.engine().device.info?.adapter ?? '',
      startedAt: new Date().toISOString(),
      step: 0,
      trained: {},
      best: null,
      seconds: 0,
      peakBytes: 0,
    };
  }
}

/** Damaged runs as one thing to say. */
function damaged(problems: readonly AppError[]): AppError {
  const hint = 'It is left out of the list; the other runs are whole.';
  const [first, ...more] = problems as [AppError, ...AppError[]];
  if (more.length === 0) return { hint, ...first };
  const subject = problems.map((problem) => problem.subject).join(', ');
  const message = `${problems.length} kept runs cannot be read; the first: ${first.message}`;
  return { code: 'storage', subject, message, hint: 'They are left out of the list; the other runs are whole.' };
}
