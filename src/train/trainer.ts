/**
 * A run from its first step to its last: order, steps, measuring, guards, and what has to be kept. Knows no worker, no store
 * and no page: they are behind `TrainerHost`.
 */
import { DetectorError } from '../lib/errors';
import type { TrainSettings } from '../lib/train-settings';
import type { EpisodeSnapshot, EvaluationRecord, HeldOutDetections, RunWarning, StepRecord } from '../lib/training';
import { disposeBatch, labelledPlaces, type Batch } from './batch';
import { Guards, MOST_NOT_FINITE } from './guards';
import type { HeldOut, TakeTurn } from './held-out';
import type { Learner, Played } from './learner';
import type { OptimiserState } from './optimiser';
import { slotsOf, type Slot } from './order';
import { snapshotOf } from './snapshot';
import type { Views } from './views';

export interface TrainerHost {
  turn: TakeTurn;
  memory(): { bytes: number; tensors: number };
  /** What a person asked for meanwhile. */
  wish(): 'go' | 'pause' | 'stop';
  onStep(record: StepRecord): Promise<void>;
  onEvaluation(record: EvaluationRecord, detections: HeldOutDetections): Promise<void>;
  onSnapshot(snapshot: EpisodeSnapshot): void;
  onWarning(warning: RunWarning): Promise<void>;
  onMeasured(done: number, total: number): void;
  /** The weights in `learner.measured` have the highest held-out AP so far. */
  onBest(step: number, AP: number): Promise<void>;
  /** @param updates of the optimiser so far */
  saveState(step: number, updates: number, state: OptimiserState): Promise<void>;
  loadState(): Promise<{ step: number; updates: number; state: OptimiserState } | null>;
}

export interface Progressed {
  /** Steps done, this one included. */
  step: number;
  bestAP: number;
}

/** A picture of every step would cost more than the step. */
const SNAPSHOT_MS = 1000;

export class Trainer {
  private readonly guards = new Guards();
  private lastSnapshot = -Infinity;
  /** Rewards of the last layer since the evaluation before. */
  private rewards: number[] = [];

  constructor(
    private readonly learner: Learner,
    private readonly views: Views,
    private readonly heldOut: HeldOut,
    private readonly settings: TrainSettings,
    private readonly images: number,
    private readonly host: TrainerHost,
  ) {}

  /**
   * Goes on after `from.step`. State and weights are saved at the end, whatever ends it.
   * @throws DetectorError `internal` after three steps in a row that were not finite; the last good weights are back then
   */
  async run(from: Progressed): Promise<'done' | 'pause' | 'stop'> {
    const { steps, evaluateEvery, saveEvery } = this.settings;
    const now = { ...from };
    if (now.step === 0) {
      await this.save(now);
      await this.measure(now);
    }
    while (now.step < steps) {
      const wish = this.host.wish();
      if (wish !== 'go') return this.end(now, wish);
      await this.step(now);
      if (now.step % evaluateEvery === 0 || now.step === steps) await this.measure(now);
      if (now.step % saveEvery === 0 && now.step < steps && !this.guards.troubled) await this.save(now);
    }
    return this.end(now, 'done');
  }

  private async end<W>(now: Progressed, how: W): Promise<W> {
    await this.save(now);
    return how;
  }

  private async save({ step }: Progressed): Promise<void> {
    const state = await this.host.turn(() => this.learner.state());
    await this.host.saveState(step, this.learner.updates, state);
  }

  private async step(now: Progressed): Promise<void> {
    const step = now.step + 1;
    const slots = slotsOf(step, { ...this.settings, images: this.images });
    const started = performance.now();
    const { batch, figures, played } = await this.host.turn(async () => {
      const batch = await this.views.batch(slots);
      try {
        return { batch, ...(await this.learner.step(step, batch)) };
      } finally {
        disposeBatch(batch);
      }
    });
    const record: StepRecord = { ...figures, ms: performance.now() - started, ...this.host.memory() };
    now.step = step;
    if (figures.applied) this.rewards.push(record.layers.at(-1)!.reward);
    await this.host.onStep(record);
    await this.guard(now, figures.applied);
    if (figures.applied) await this.snapshot(step, slots, batch, played);
  }

  private async guard(now: Progressed, applied: boolean): Promise<void> {
    const warning = this.guards.afterStep(now.step, applied);
    if (!warning) return;
    await this.host.onWarning(warning);
    if (!this.guards.broken) return;
    const good = await this.host.loadState();
    if (good) await this.host.turn(async () => this.learner.restore(good.state, good.updates));
    throw new DetectorError(
      'internal',
      `step ${now.step}`,
      `${MOST_NOT_FINITE} steps in a row had a loss or gradient that is not finite`,
      `The weights of step ${good?.step ?? 0} are back. Try a lower learning rate.`,
    );
  }

  private async snapshot(step: number, slots: readonly Slot[], batch: Batch, played: Played): Promise<void> {
    const [place] = labelledPlaces(batch);
    if (place === undefined || performance.now() - this.lastSnapshot < SNAPSHOT_MS) return;
    this.lastSnapshot = performance.now();
    const picture = await this.views.picture(slots[place]!);
    this.host.onSnapshot(snapshotOf(step, batch, place, played, picture, this.settings));
  }

  private async measure(now: Progressed): Promise<void> {
    if (this.heldOut.count === 0) {
      // Nothing says which weights are best: the last ones are.
      if (now.step === this.settings.steps) await this.host.onBest(now.step, -1);
      return;
    }
    const measured = this.learner.measured;
    const { record, detections } = await this.heldOut.measure(measured, now.step, this.host.turn, (done) =>
      this.host.onMeasured(done, this.heldOut.count),
    );
    await this.host.onEvaluation(record, detections);
    const AP = record.layers.at(-1)!.AP;
    if (AP > now.bestAP) {
      now.bestAP = AP;
      await this.host.onBest(now.step, AP);
    }
    if (now.step === 0) return;
    const reward = this.rewards.reduce((sum, value) => sum + value, 0) / Math.max(1, this.rewards.length);
    this.rewards = [];
    const warning = this.guards.afterEvaluation(now.step, reward, AP);
    if (warning) await this.host.onWarning(warning);
  }
}
