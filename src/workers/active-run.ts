/** One run at work in the worker: kept as it goes, taken up again when the device was lost. */
import type { RunStore } from '../data/runs/store';
import { toAppError } from '../lib/errors';
import type { EpisodeSnapshot, RunInfo, RunState, StepRecord } from '../lib/training';
import { trainedCounts } from '../train/trained';
import { Trainer, type Progressed, type TrainerHost } from '../train/trainer';
import { DeviceGone, turnsOf } from './device-turn';
import type { Engine } from './engine';
import type { Turn } from './jobs';
import { holdPlans } from './learner-plans';
import type { OnRunEvent } from './protocol';
import {
  asksWhatIsFound,
  createPupil,
  foundBefore,
  learnable,
  openMaterial,
  tied,
  withStart,
  type LastingRequest,
  type Material,
  type Pupil,
} from './pupil';
import type { OpenOptions } from './sources';

/** A device that goes away this often in one run is a fault of the device. */
const MOST_LOSSES = 5;

export interface RunsParts {
  engine: () => Engine;
  turn: Turn;
  options: (signal: AbortSignal) => OpenOptions;
  store?: RunStore;
}

/** One run at work. */
export class ActiveRun {
  private waiting: StepRecord[] = [];
  private episode: EpisodeSnapshot | null = null;

  constructor(
    private readonly parts: RunsParts,
    private readonly store: RunStore,
    private readonly request: LastingRequest,
    private info: RunInfo,
    private readonly active: { pause: boolean },
    private readonly signal: AbortSignal,
    private readonly onRun: OnRunEvent,
  ) {}

  async run(): Promise<RunInfo> {
    try {
      const how = await this.surviving();
      await this.change({ state: ({ done: 'done', pause: 'paused', stop: 'stopped' } as const)[how] });
    } catch (thrown) {
      if (this.signal.aborted) await this.change({ state: 'stopped' });
      else await this.change({ state: 'failed', error: toAppError(thrown, this.request.name) });
    }
    return this.info;
  }

  /** Takes the run up again from what was saved last when the device goes away. */
  private async surviving(): Promise<'done' | 'pause' | 'stop'> {
    for (let losses = 0; ; losses++) {
      try {
        return await this.once();
      } catch (thrown) {
        if (!(thrown instanceof DeviceGone) || losses === MOST_LOSSES) throw thrown;
      }
    }
  }

  private async once(): Promise<'done' | 'pause' | 'stop'> {
    this.waiting = [];
    this.episode = null;
    await this.change({ state: 'preparing' });
    const turn = turnsOf(this.parts.engine(), this.parts.turn);
    const opened = await openMaterial(this.request, this.parts.options(this.signal));
    const saved = await this.loadState();
    const material = saved ? opened : await withStart(this.request, opened, turn);
    const request = await this.tied(material, turn);
    const pupil = await turn(async () => createPupil(request, material));
    const release = holdPlans(this.parts.engine().device.budget, pupil.learner);
    try {
      const { learner, views, heldOut } = pupil;
      const { origin } = material;
      const { family } = learner.detector;
      const { settings } = this.request;
      const images = learnable(this.request).length;
      await views.open((done) => this.progress('views', done, images));
      const from = await this.start(pupil, saved, turn);
      await this.change({
        state: 'running',
        model: { id: origin.id, name: origin.name, family },
        classes: [...learner.detector.classes],
        trained: trainedCounts(learner.detector, settings),
        adapter: this.parts.engine().device.info?.adapter ?? '',
        step: from.step,
      });
      return await new Trainer(learner, views, heldOut, settings, images, this.host(pupil, turn)).run(from);
    } finally {
      release();
      // On a lost device there is nothing left to free.
      await turn(async () => pupil.dispose()).catch(() => undefined);
    }
  }

  /** The request as it is trained by; what it depends on is measured once, before the first step. */
  private async tied(material: Material, turn: TrainerHost['turn']): Promise<LastingRequest> {
    if (!asksWhatIsFound(this.request)) return this.request;
    if (this.info.found === undefined) await this.change({ found: await foundBefore(this.request, material, turn) });
    return tied(this.request, this.info.found!);
  }

  /** Where the run goes on: at its saved state, or at the beginning. */
  private async start(
    pupil: Pupil,
    saved: Awaited<ReturnType<TrainerHost['loadState']>>,
    turn: TrainerHost['turn'],
  ): Promise<Progressed> {
    if (!saved) return { step: 0, bestAP: -Infinity };
    await turn(async () => pupil.learner.restore(saved.state, saved.updates));
    await this.store.truncateLog(this.info.id, saved.step);
    const { evaluations, steps } = await this.store.readLog(this.info.id);
    const measured = evaluations.map(({ step, layers }) => ({ step, AP: layers.at(-1)!.AP }));
    const best = measured.reduce<RunInfo['best']>((a, b) => (a && a.AP >= b.AP ? a : b), null);
    this.info = { ...this.info, best, seconds: steps.reduce((sum, { ms }) => sum + ms / 1000, 0) };
    return { step: saved.step, bestAP: best?.AP ?? -Infinity };
  }

  private async loadState(): ReturnType<TrainerHost['loadState']> {
    const saved = await this.store.loadState(this.info.id);
    return (
      saved && {
        step: saved.step,
        updates: Number(saved.notes['updates'] ?? saved.step),
        state: new Map(saved.tensors),
      }
    );
  }

  private host({ learner }: Pupil, turn: TrainerHost['turn']): TrainerHost {
    const { id } = this.info;
    const { engine } = this.parts;
    return {
      turn,
      memory: () => {
        const { tensors, bytes, gpuBytes } = engine().device.memory();
        return { tensors, bytes: gpuBytes || bytes };
      },
      wish: () => (this.signal.aborted ? 'stop' : this.active.pause ? 'pause' : 'go'),
      onStep: async (record) => {
        this.waiting.push(record);
        // a step that needs more memory than there may be takes more time instead
        if (engine().device.budget.exceeded) learner.checkpoints = true;
        const { seconds, peakBytes } = this.info;
        this.info = {
          ...this.info,
          step: record.step,
          seconds: seconds + record.ms / 1000,
          peakBytes: Math.max(peakBytes, record.bytes),
        };
        this.onRun({ type: 'step', id, record });
      },
      onEvaluation: async (record, detections) => {
        await this.flush();
        await this.store.appendEvaluation(id, record);
        await this.store.keepHeldOut(id, detections);
        this.onRun({ type: 'evaluation', id, record });
        this.onRun({ type: 'held-out', id, detections });
      },
      onSnapshot: (snapshot) => {
        this.episode = snapshot;
        this.onRun({ type: 'episode', id, snapshot });
      },
      onWarning: async (warning) => {
        await this.store.appendWarning(id, warning);
        this.onRun({ type: 'warning', id, warning });
      },
      onMeasured: (done, total) => this.progress('evaluate', done, total),
      onBest: async (step, AP) => {
        await this.store.saveBest(id, step, await turn(() => learner.weights()));
        await this.change({ best: { step, AP } });
      },
      saveState: async (step, updates, state) => {
        await this.flush();
        await this.store.saveState(id, step, state, { updates: String(updates) });
        if (this.episode) await this.store.keepEpisode(id, this.episode);
        this.episode = null;
        await this.change({});
        this.onRun({ type: 'saved', id, step });
      },
      loadState: () => this.loadState(),
    };
  }

  private async flush(): Promise<void> {
    const records = this.waiting.splice(0);
    if (records.length > 0) await this.store.appendSteps(this.info.id, records);
  }

  private async change(change: Partial<RunInfo> & { state?: RunState }): Promise<void> {
    this.info = { ...this.info, ...change };
    await this.store.updateInfo(this.info);
    this.onRun({ type: 'run', run: this.info });
  }

  private progress(stage: 'views' | 'evaluate', done: number, total: number): void {
    this.onRun({ type: 'progress', id: this.info.id, stage, done, total });
  }
}
