import { expect, test } from 'vitest';
import { pickTile } from './tiling';

const tile = (length: number, others: number, busy: number): number =>
  pickTile({ sizes: [8, 4, 2, 1], length, others, busy, loads: (size) => size + 4, products: (size) => size * 4 });

test('large outputs get large tiles, also when the last one is not full', () => {
  expect(tile(80, 80 * 16, 4096)).toBe(8);
  expect(tile(100, 16, 64)).toBe(8);
});

test('a tile is not larger than there are cells', () => {
  expect(tile(1, 46, 64)).toBe(1);
  expect(tile(4, 400, 64)).toBe(4);
});

test('small outputs are cut finer where the machine would idle', () => {
  expect(tile(10, 10 * 16, 64)).toBeGreaterThanOrEqual(4);
  expect(tile(10, 10 * 16, 4096)).toBeLessThanOrEqual(2);
});
