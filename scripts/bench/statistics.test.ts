import { describe, expect, it } from 'vitest';
import { fitPower, median } from './statistics';

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(() => median([])).toThrow(/at least one/);
  });
});

describe('fitPower', () => {
  it('finds a power that is there', () => {
    const { exponent, factor, r2 } = fitPower([1, 2, 4, 10].map((x) => [x, 3 * x ** 1.7]));
    expect(Math.abs(exponent - 1.7)).toBeLessThanOrEqual(1e-9);
    expect(Math.abs(factor - 3)).toBeLessThanOrEqual(1e-9);
    expect(Math.abs(r2 - 1)).toBeLessThanOrEqual(1e-9);
  });

  it('lies between the powers of a sum', () => {
    const { exponent, r2 } = fitPower([1, 2, 4, 8].map((x) => [x, 4 + x * x]));
    expect(exponent).toBeGreaterThan(0);
    expect(exponent).toBeLessThan(2);
    expect(r2).toBeLessThan(1);
  });

  it('refuses what has no logarithm and what has no slope', () => {
    const refused: [number, number][][] = [
      [
        [0, 1],
        [2, 1],
      ],
      [
        [1, Number.NaN],
        [2, 1],
      ],
      [
        [2, 1],
        [2, 3],
      ],
    ];
    for (const points of refused) expect(() => fitPower(points)).toThrow(/fitPower/);
  });
});
