/**
 * The plans of a run's steps: one for each size of batch and number of sampled queries, recorded when it is first met and again when it
 * turns out too narrow.
 */
import type { KernelTime } from '../kernels/plan/plan';
import type { Labels } from '../lib/set-prediction';
import type { Memory } from '../models/detector';
import type { PolicySize } from './planned-rollouts';
import { PlannedStep, type PlannedAnswer, type StepRules } from './planned-step';

/** Most batches are alike. */
const KEPT = 3;
/** Columns for queries that earn something come in steps of this, so that few plans are needed. */
const COLUMNS = 4;

export class StepPlans {
  /** The one used last at the end. */
  private readonly plans = new Map<string, PlannedStep>();
  /** As the last step had it. */
  private size: PolicySize;

  constructor(private readonly rules: StepRules) {
    const { detector, settings } = rules;
    const sampled = settings.explored > 0 ? Math.min(settings.explored, detector.queries) : detector.queries;
    this.size = { sampled, active: COLUMNS };
  }

  /** On the GPU. */
  get bytes(): number {
    return [...this.plans.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * @param memory of a batch that `PlannedStep.fits`
   * @param step 1, 2, …
   * @throws NotFinite
   */
  async run(memory: Memory, labels: readonly (Labels | null)[], step: number): Promise<PlannedAnswer> {
    for (;;) {
      const answer = await this.planFor(memory).run(memory, labels, step);
      if (!('unfit' in answer)) return answer;
      const { unfit, needed } = answer;
      this.size = { ...this.size, [unfit]: unfit === 'active' ? Math.ceil(needed / COLUMNS) * COLUMNS : needed };
    }
  }

  /**
   * One more pass over the rollouts of the last `run`, with the weights of now.
   * @param memory labels of that run
   * @throws NotFinite
   */
  again(memory: Memory, labels: readonly (Labels | null)[]): Promise<Omit<PlannedAnswer, 'outcome'>> {
    return this.latest!.again(memory, labels);
  }

  /** The kernels of the step that was last taken; null where no step was a plan, or the adapter has no timestamp queries. */
  async profile(): Promise<KernelTime[] | null> {
    return (await this.latest?.profile()) ?? null;
  }

  dispose(): void {
    this.plans.forEach((plan) => plan.dispose());
    this.plans.clear();
  }

  private get latest(): PlannedStep | undefined {
    return [...this.plans.values()].at(-1);
  }

  private planFor(memory: Memory): PlannedStep {
    const key = `${PlannedStep.key(memory)}, ${this.size.sampled}`;
    const known = this.plans.get(key);
    this.plans.delete(key);
    const wide = known !== undefined && known.size.active >= this.size.active;
    if (!wide) known?.dispose();
    const plan = wide ? known : new PlannedStep(this.rules, memory, this.size);
    this.plans.set(key, plan);
    for (const [oldest, old] of this.plans) {
      if (this.plans.size <= KEPT) break;
      old.dispose();
      this.plans.delete(oldest);
    }
    return plan;
  }
}
