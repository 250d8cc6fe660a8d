import { describe, expect, it } from 'vitest';
import { Guards, MOST_NOT_FINITE } from './guards';

describe('Guards', () => {
  it('counts steps that were left out, in a row', () => {
    const guards = new Guards();
    expect(guards.afterStep(1, true)).toBeNull();
    for (let row = 1; row < MOST_NOT_FINITE; row++) {
      expect(guards.afterStep(row + 1, false)).toEqual({ kind: 'not-finite', step: row + 1, row });
      expect(guards.broken).toBe(false);
    }
    guards.afterStep(9, true);
    expect(guards.afterStep(10, false)).toMatchObject({ row: 1 });
    guards.afterStep(11, false);
    guards.afterStep(12, false);
    expect(guards.broken).toBe(true);
  });

  it('warns when reward rises while AP falls, three evaluations in a row', () => {
    const guards = new Guards();
    const see = (step: number, reward: number, AP: number) => guards.afterEvaluation(step, reward, AP);
    expect(see(0, 0.1, 0.4)).toBeNull();
    expect(see(1, 0.2, 0.39)).toBeNull();
    expect(see(2, 0.3, 0.38)).toBeNull();
    expect(see(3, 0.4, 0.3)).toEqual({
      kind: 'gamed',
      step: 3,
      rewards: [0.1, 0.2, 0.3, 0.4],
      aps: [0.4, 0.39, 0.38, 0.3],
    });
    expect(see(4, 0.5, 0.31)).toBeNull();
  });

  it('is silent when both rise or a figure is not a number', () => {
    const guards = new Guards();
    for (const [step, reward, AP] of [
      [0, 0.1, 0.1],
      [1, 0.2, 0.2],
      [2, 0.3, Number.NaN],
      [3, 0.4, 0.1],
    ] as const)
      expect(guards.afterEvaluation(step, reward, AP)).toBeNull();
  });
});
