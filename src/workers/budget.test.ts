import { expect, test } from 'vitest';
import { budgetBytes, usualBudget } from '../lib/memory-budget';
import { Budget, type HolderKind } from './budget';

const MIB = 2 ** 20;

/** A holder of pieces of 10 bytes, which remembers when it was asked. */
function holderOf(kind: HolderKind, pieces: number, asked: HolderKind[]) {
  let left = pieces;
  return {
    kind,
    outside: () => 10 * left,
    free: (bytes: number) => {
      asked.push(kind);
      left = Math.max(0, left - Math.ceil(bytes / 10));
    },
  };
}

test('the cheapest give first, and no more than is asked for', () => {
  const asked: HolderKind[] = [];
  const budget = new Budget(
    () => 100,
    () => 150,
  );
  budget.hold(holderOf('plans', 8, asked));
  budget.hold(holderOf('caches', 2, asked));
  budget.hold(holderOf('pool', 3, asked));
  expect([budget.used, budget.limit]).toEqual([230, 150]);
  expect(budget.keep()).toBe(true);
  expect(asked).toEqual(['caches', 'pool', 'plans']);
  expect([budget.of('caches'), budget.of('pool'), budget.of('plans')]).toEqual([0, 0, 50]);
  expect(budget.used).toBe(150);
  expect(budget.exceeded).toBe(true);
  budget.keep();
  expect(budget.exceeded).toBe(false);
  expect(asked).toHaveLength(3);
});

test('filters go before plans, and once more when plans have let go of theirs', () => {
  const asked: HolderKind[] = [];
  const budget = new Budget(
    () => 0,
    () => 20,
  );
  budget.hold(holderOf('plans', 4, asked));
  budget.hold({
    kind: 'filters',
    outside: () => (asked.includes('plans') && asked.at(-1) === 'filters' ? 0 : 30),
    free: () => void asked.push('filters'),
  });
  expect(budget.keep()).toBe(true);
  expect(asked).toEqual(['filters', 'plans', 'filters']);
  expect(budget.used).toBe(0);
});

test('what is in use is not taken: the budget says that it cannot be kept', () => {
  const asked: HolderKind[] = [];
  const budget = new Budget(
    () => 100,
    () => 1000,
  );
  const leave = budget.hold(holderOf('plans', 5, asked));
  expect(budget.keep()).toBe(true);
  budget.ask(40);
  expect(budget.keep()).toBe(false);
  expect(budget.used).toBe(100);
  leave();
  budget.ask(null);
  expect(budget.limit).toBe(1000);
});

test('the usual budget follows the largest buffer within bounds', () => {
  expect(usualBudget({ maxBufferSize: 6 * 1024 * MIB })).toBe(3 * 1024 * MIB);
  expect(usualBudget({ maxBufferSize: 256 * MIB })).toBe(1024 * MIB);
  expect(usualBudget({ maxBufferSize: 2 ** 50 })).toBe(8192 * MIB);
  expect(usualBudget({})).toBe(1024 * MIB);
  expect(budgetBytes(512)).toBe(512 * MIB);
  for (const wrong of [0, 63, 1.5, NaN, 1e9, Infinity]) expect(budgetBytes(wrong), String(wrong)).toBeNull();
});
