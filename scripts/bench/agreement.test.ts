import { describe, expect, it } from 'vitest';
import { agreementOf, type Detection } from './agreement';

const found = (label: number, score: number, left = 0.1): Detection => ({ label, score, box: [left, 0.2, 0.5, 0.6] });

describe('agreementOf', () => {
  it('finds partners in another order', () => {
    const { share, median } = agreementOf([found(1, 0.9), found(2, 0.8)], [found(2, 0.8004), found(1, 0.9)], 1e-3);
    expect(share).toBe(1);
    expect(median).toBeLessThanOrEqual(4.01e-4);
  });

  it('asks for label, score and box at once', () => {
    const theirs = [found(1, 0.9), found(2, 0.5, 0.3)];
    expect(agreementOf([found(1, 0.9), found(1, 0.5, 0.3)], theirs, 1e-3).share).toBe(0.5);
    expect(agreementOf([found(1, 0.898)], theirs, 1e-3).share).toBe(0);
    expect(agreementOf([found(1, 0.9, 0.102)], theirs, 1e-3).share).toBe(0);
  });

  it('does not take a number that is none for a partner', () => {
    expect(agreementOf([found(1, Number.NaN)], [found(1, Number.NaN)], 1e-3).share).toBe(0);
    expect(agreementOf([found(1, 0.5)], [], 1e-3)).toEqual({ share: 0, median: Infinity, bound: 1e-3 });
  });
});
