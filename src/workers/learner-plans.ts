/** Recorded steps of a run in the budget of memory: they go between two steps when it is short, after detection's plans. */
import type { Learner } from '../train/learner';
import type { Budget } from './budget';

/** @returns takes them out of the budget again */
export function holdPlans(budget: Budget, learner: Pick<Learner, 'planBytes' | 'freePlans'>): () => void {
  return budget.hold({ kind: 'plans', outside: () => learner.planBytes, free: () => learner.freePlans() });
}
