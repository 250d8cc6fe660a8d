import { expect, test } from 'vitest';
import { learningRateAt } from './schedule';

const run = { learningRate: 2, warmup: 4, steps: 12, finalRate: 0.1 };

test('grows along a line, falls along half a cosine', () => {
  const rates = Array.from({ length: 12 }, (_, at) => learningRateAt(at + 1, run));
  expect(rates.slice(0, 4)).toEqual([0.5, 1, 1.5, 2]);
  // half way down: the mean of both ends
  expect(rates[7]).toBeCloseTo((2 + 0.2) / 2, 12);
  expect(rates[11]).toBeCloseTo(0.2, 12);
  for (let at = 4; at < 12; at++) expect(rates[at]).toBeLessThan(rates[at - 1]!);
});

test('behind the last step the rate stays', () => {
  expect(learningRateAt(40, run)).toBeCloseTo(0.2, 12);
});

test('without warm-up it starts near the full rate; without an end in sight it stays finite', () => {
  expect(learningRateAt(1, { ...run, warmup: 0 })).toBeLessThanOrEqual(2);
  expect(learningRateAt(1, { ...run, warmup: 0 })).toBeGreaterThan(1.9);
  expect(learningRateAt(3, { ...run, warmup: 4, steps: 3 })).toBe(1.5);
  expect(learningRateAt(4, { ...run, warmup: 4, steps: 4 })).toBe(2);
});
