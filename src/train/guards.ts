/** What watches over a run (../shared/design/rl.md, Guards). */
import type { RunWarning } from '../lib/training';

/** Steps that were not finite, in a row, until the run stops. */
export const MOST_NOT_FINITE = 3;
/** Evaluations in a row in which reward rises and held-out AP falls, until the warning. */
const GAMED_AFTER = 3;

export class Guards {
  private row = 0;
  private readonly measured: { reward: number; AP: number }[] = [];

  /** @returns a warning where the step was left out */
  afterStep(step: number, applied: boolean): RunWarning | null {
    this.row = applied ? 0 : this.row + 1;
    return applied ? null : { kind: 'not-finite', step, row: this.row };
  }

  /** The step before was left out. */
  get troubled(): boolean {
    return this.row > 0;
  }

  get broken(): boolean {
    return this.row >= MOST_NOT_FINITE;
  }

  /**
   * @param reward mean reward of the last layer since the evaluation before
   * @param AP held-out AP of the last layer
   */
  afterEvaluation(step: number, reward: number, AP: number): RunWarning | null {
    this.measured.push({ reward, AP });
    const last = this.measured.slice(-GAMED_AFTER - 1);
    if (last.length <= GAMED_AFTER) return null;
    const gamed = last.slice(1).every((now, i) => now.reward > last[i]!.reward && now.AP < last[i]!.AP);
    if (!gamed) return null;
    return { kind: 'gamed', step, rewards: last.map((one) => one.reward), aps: last.map((one) => one.AP) };
  }
}
