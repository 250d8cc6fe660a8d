import { describe, expect, it } from 'vitest';
import { binAt, curvePath } from './curve';

describe('the curve of a distribution', () => {
  it('has a bar for each bin, the highest to the top', () => {
    expect(curvePath(Float32Array.of(0.25, 0.5, 0), 30, 10)).toBe('M0 10V5.00H10.00V0.00H20.00V10.00H30.00V10Z');
    expect(curvePath(Float32Array.of(0, 0), 2, 10)).toBe('M0 10V10.00H1.00V10.00H2.00V10Z');
  });

  it('says which bin is under the pointer', () => {
    expect([-1, 0, 0.49, 0.5, 1].map((part) => binAt(4, part))).toEqual([0, 0, 1, 2, 3]);
  });
});
