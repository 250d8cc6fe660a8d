import { describe, expect, it } from 'vitest';
import { slotsOf } from './order';

const options = { images: 5, batch: 2, views: 8, seed: 3 };
const images = (steps: number, changed = {}): number[] =>
  Array.from({ length: steps }, (_, i) => slotsOf(i + 1, { ...options, ...changed }).map(({ image }) => image)).flat();

describe('slotsOf', () => {
  it('shows every image once before one comes again', () => {
    const seen = images(10);
    for (let epoch = 0; epoch < 4; epoch++)
      expect(seen.slice(epoch * 5, epoch * 5 + 5).sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('follows from seed and step alone', () => {
    expect(slotsOf(7, options)).toEqual(slotsOf(7, options));
    expect(images(10)).not.toEqual(images(10, { seed: 4 }));
  });

  it('uses all views about evenly', () => {
    const counts = new Array<number>(8).fill(0);
    for (let step = 1; step <= 800; step++) for (const { view } of slotsOf(step, options)) counts[view]! += 1;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThanOrEqual(60);
  });

  it('fills a batch that is larger than the set', () => {
    expect(slotsOf(1, { ...options, images: 1, batch: 3 }).map(({ image }) => image)).toEqual([0, 0, 0]);
  });
});
