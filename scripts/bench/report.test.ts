import { expect, test } from 'vitest';
import { holds, printBounds } from './report';

test('a bound holds within it, and never for what is not a number', () => {
  expect(holds({ name: 'a', value: 0.5, most: 0.5 })).toBe(true);
  expect(holds({ name: 'a', value: 0.51, most: 0.5 })).toBe(false);
  expect(holds({ name: 'a', value: 2.9, least: 3 })).toBe(false);
  expect(holds({ name: 'a', value: Number.NaN, most: 1 })).toBe(false);
  expect(holds({ name: 'a', value: Number.NaN, least: 1 })).toBe(false);
});

test('what does not hold is said so', () => {
  const lines = printBounds([
    { name: 'ratio', value: 2.9, least: 3 },
    { name: 'bytes', value: 0, most: 0 },
  ]).split('\n');
  expect(lines[2]).toMatch(/ratio .*2\.900 .*at least 3 .*DOES NOT HOLD/);
  expect(lines[3]).toMatch(/bytes .* 0 .*at most 0 .* holds/);
});
