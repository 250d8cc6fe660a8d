/** Recorded steps in the budget: counted, let go between two steps when memory is short, and the run goes the same way. */
import { afterEach, expect, test } from 'vitest';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import type { Learner } from '../train/learner';
import { smallBatch, smallLearner } from '../train/testing';
import { Budget } from './budget';
import { holdPlans } from './learner-plans';

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));

async function weights(learner: Learner): Promise<number[]> {
  return [...(await learner.weights()).values()].flatMap(({ data }) => Array.from(data));
}

/** @param keep called between the steps */
async function trained(keep: (learner: Learner) => void): Promise<number[]> {
  const learner = smallLearner('supervised');
  for (let step = 1; step <= 3; step++) {
    const batch = smallBatch();
    await learner.step(step, batch);
    batch.memory!.tokens.dispose();
    expect(learner.planBytes).toBeGreaterThan(0);
    keep(learner);
  }
  const numbers = await weights(learner);
  learner.dispose();
  return numbers;
}

test('steps that are recorded anew after each keep lead where others lead', async () => {
  const free = await trained(() => undefined);
  const bound = await trained((learner) => {
    const budget = new Budget(
      () => 0,
      () => 1,
    );
    const release = holdPlans(budget, learner);
    expect(budget.of('plans')).toBe(learner.planBytes);
    expect(budget.keep()).toBe(true);
    expect([learner.planBytes, budget.used]).toEqual([0, 0]);
    release();
  });
  expect(relativeL2(bound, free)).toBeLessThanOrEqual(0);
});
