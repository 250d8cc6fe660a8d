import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/random';
import { shareBuffers, type Lifetime } from './lifetimes';

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

test('a chain of equal layers needs two buffers', () => {
  const chain = Array.from({ length: 10 }, (_, i): Lifetime => ({ size: 64, first: i, last: i + 1 }));
  const { sizes, places } = shareBuffers(chain);
  expect(sizes).toEqual([64, 64]);
  places.forEach((place, i) => expect(place).not.toBe(places[i + 1]));
});

test('a small one goes where a larger one was', () => {
  const { sizes } = shareBuffers([
    { size: 100, first: 0, last: 1 },
    { size: 8, first: 2, last: 5 },
    { size: 60, first: 1, last: 2 },
  ]);
  expect(sizes).toEqual([100, 60]);
});

test('nothing that is needed at once shares, and every buffer is large enough', () => {
  const random = seededRandom(3, 'lifetimes');
  const lifetimes = Array.from({ length: 200 }, (): Lifetime => {
    const first = Math.floor(random() * 300);
    return { size: 4 * (1 + Math.floor(random() * 1000)), first, last: first + Math.floor(random() * 20) };
  });
  const { sizes, places } = shareBuffers(lifetimes);
  lifetimes.forEach((a, i) => {
    expect(sizes[places[i]!]).toBeGreaterThanOrEqual(a.size);
    lifetimes.forEach((b, j) => {
      if (i < j && a.first <= b.last && b.first <= a.last) expect(places[i]).not.toBe(places[j]);
    });
  });
  const most = Math.max(
    ...lifetimes.map(({ first }) =>
      total(lifetimes.filter((l) => l.first <= first && first <= l.last).map((l) => l.size)),
    ),
  );
  expect(total(sizes)).toBeGreaterThanOrEqual(most);
  expect(total(sizes)).toBeLessThan(2 * most);
});

test('nothing to place is no buffer', () => {
  expect(shareBuffers([])).toEqual({ sizes: [], places: [] });
});
