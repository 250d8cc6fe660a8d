import { expect, test } from 'vitest';
import { between, seededRandom, shuffled } from './random';

const take = (count: number, ...keys: (number | string)[]): number[] => {
  const random = seededRandom(...keys);
  return Array.from({ length: count }, random);
};

test('the same keys give the same stream, any other key another one', () => {
  expect(take(5, 7, 'cat.jpg', 1)).toEqual(take(5, 7, 'cat.jpg', 1));
  const streams = [
    take(3, 7, 'cat.jpg', 1),
    take(3, 8, 'cat.jpg', 1),
    take(3, 7, 'cat.jpg', 2),
    take(3, 7, 'car.jpg', 1),
    take(3, '7', 'cat.jpg', 1),
    take(3, 7, 'cat.jpg1'),
  ];
  expect(new Set(streams.map(String)).size).toBe(streams.length);
});

test('is spread evenly over 0 <= x < 1, also the first number over neighbouring keys', () => {
  const first = Array.from({ length: 4000 }, (_, seed) => take(1, seed)[0]!);
  for (const numbers of [take(4000, 1), first]) {
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    const square = numbers.reduce((a, b) => a + b * b, 0) / numbers.length;
    // Four standard errors: 4 * sqrt(1/12 / 4000), 4 * sqrt(4/45 / 4000).
    expect(Math.abs(mean - 1 / 2)).toBeLessThanOrEqual(0.0183);
    expect(Math.abs(square - 1 / 3)).toBeLessThanOrEqual(0.0189);
  }
});

test('between and shuffled keep to what they are given', () => {
  const random = seededRandom('order');
  for (let i = 0; i < 100; i++) {
    const x = between(random, -2, 3);
    expect(x >= -2 && x < 3).toBe(true);
  }
  const items = Array.from({ length: 20 }, (_, i) => i);
  const order = shuffled(seededRandom(1), items);
  expect(order).not.toEqual(items);
  expect(order.toSorted((a, b) => a - b)).toEqual(items);
  expect(shuffled(seededRandom(1), items)).toEqual(order);
});
