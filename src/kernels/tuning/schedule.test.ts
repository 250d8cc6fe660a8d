import { expect, test } from 'vitest';
import { measureAll, type Lab } from './schedule';
import { choose } from './table';

interface Fake {
  kernels: Record<string, number[][]>;
  variants: string[];
  /** Milliseconds that a measurement takes, and so the microseconds of a run. */
  cost(variant: string, sizes: readonly number[]): number;
  wrong?: string[];
}

interface FakeLab extends Lab {
  /** What was measured, in order. */
  log: string[];
  unclosed: number;
  waits: number;
  stop: boolean;
}

function fakeLab({ kernels, variants, cost, wrong = [] }: Fake): FakeLab {
  let clock = 0;
  const lab: FakeLab = {
    log: [],
    unclosed: 0,
    waits: 0,
    stop: false,
    kernels: new Map(Object.entries(kernels)),
    open(kernel, sizes) {
      lab.unclosed++;
      return {
        variants,
        check: (variant) => Promise.resolve(wrong.includes(variant) ? 'its numbers are off' : null),
        time(variant) {
          lab.log.push(`${kernel} ${sizes.join('x')} ${variant}`);
          clock += cost(variant, sizes);
          return Promise.resolve(cost(variant, sizes));
        },
        close: () => void lab.unclosed--,
      };
    },
    idle() {
      lab.waits++;
      clock += 1000; // waiting is not measuring
      return Promise.resolve();
    },
    now: () => clock,
    stopped: () => lab.stop,
  };
  return lab;
}

const volume = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

test('every kernel’s cheapest case comes first, and the fastest is chosen', async () => {
  const lab = fakeLab({
    kernels: { a: [[2], [8]], b: [[3]] },
    variants: ['plain', 'tiled'],
    cost: (variant, sizes) => (variant === 'plain' ? 2 : 1) * volume(sizes),
  });
  const { table, milliseconds } = await measureAll(lab, 1000);
  expect(lab.log).toEqual(['a 2 plain', 'a 2 tiled', 'b 3 plain', 'b 3 tiled', 'a 8 plain', 'a 8 tiled']);
  expect(milliseconds).toBe(3 * (2 + 3 + 8));
  expect(lab.waits).toBe(6);
  expect(lab.unclosed).toBe(0);
  expect(choose(table, 'a', [8], ['plain', 'tiled'], 'plain')).toBe('tiled');
});

test('what is expected not to fit into the budget is not begun', async () => {
  const lab = fakeLab({
    kernels: { a: [[10], [100], [1000]] },
    variants: ['plain', 'tiled'],
    cost: (_, sizes) => volume(sizes),
  });
  const { milliseconds } = await measureAll(lab, 250);
  expect(lab.log).toEqual(['a 10 plain', 'a 10 tiled', 'a 100 plain', 'a 100 tiled']);
  expect(milliseconds).toBeLessThanOrEqual(250);
});

test('a variant far behind is left out at larger sizes, the reference never', async () => {
  const lab = fakeLab({
    kernels: { a: [[1], [2]] },
    variants: ['plain', 'tiled', 'slow'],
    cost: (variant, sizes) => volume(sizes) * { plain: 10, tiled: 1, slow: 50 }[variant as 'plain'],
  });
  await measureAll(lab, 10_000);
  expect(lab.log).toEqual(['a 1 plain', 'a 1 tiled', 'a 1 slow', 'a 2 plain', 'a 2 tiled']);
});

test('a wrong variant is struck off at once and for good', async () => {
  const lab = fakeLab({
    kernels: { a: [[1], [2]] },
    variants: ['plain', 'wrong', 'tiled'],
    cost: (variant) => (variant === 'plain' ? 9 : 1),
    wrong: ['wrong'],
  });
  const { table } = await measureAll(lab, 1000);
  expect(lab.log.some((line) => line.endsWith('wrong'))).toBe(false);
  expect(table.struck).toEqual([{ kernel: 'a', variant: 'wrong', reason: 'its numbers are off' }]);
  expect(choose(table, 'a', [2], ['plain', 'wrong', 'tiled'], 'plain')).toBe('tiled');
});

test('without a right reference nothing of the kernel is measured', async () => {
  const lab = fakeLab({ kernels: { a: [[1]] }, variants: ['plain', 'tiled'], cost: () => 1, wrong: ['plain'] });
  const { table } = await measureAll(lab, 1000);
  expect(lab.log).toEqual([]);
  expect(table.measured).toEqual([]);
  expect(table.struck).toHaveLength(1);
});

test('it stops between measurements when told to', async () => {
  const lab = fakeLab({ kernels: { a: [[1], [2]] }, variants: ['plain', 'tiled'], cost: () => 1 });
  const { idle } = lab;
  lab.idle = () => {
    lab.stop = lab.log.length >= 1;
    return idle();
  };
  await measureAll(lab, 1000);
  expect(lab.log).toEqual(['a 1 plain', 'a 1 tiled']);
  expect(lab.unclosed).toBe(0);
});
