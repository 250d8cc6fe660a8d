import { describe, expect, it } from 'vitest';
import { MOVE, playTime, positionAt, REST, steppedAt } from './timeline';

describe('the animation', () => {
  it('rests on each layer, then moves on without a jump', () => {
    expect(positionAt(0, 3)).toBe(0);
    expect(positionAt(REST, 3)).toBe(0);
    expect(positionAt(REST + MOVE / 2, 3)).toBeCloseTo(0.5, 9);
    expect(positionAt(REST + MOVE, 3)).toBe(1);
    expect(positionAt(playTime(3), 3)).toBe(3);
    expect(positionAt(1e9, 3)).toBe(3);
  });

  it('never goes back', () => {
    const places = Array.from({ length: 400 }, (_, i) => positionAt(i * 10, 4));
    for (let i = 1; i < places.length; i++) expect(places[i]!).toBeGreaterThanOrEqual(places[i - 1]!);
  });

  it('shows whole layers only where less motion is asked for', () => {
    const places = new Set(Array.from({ length: 400 }, (_, i) => steppedAt(i * 10, 3)));
    expect([...places]).toEqual([0, 1, 2, 3]);
  });
});
