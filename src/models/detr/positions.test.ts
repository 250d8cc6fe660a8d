/** Positions and masks in plain numbers; their way over the device is in positions.parity.ts. */
import { expect, test } from 'vitest';
import { nearestPixels } from './mask';
import { positionTable } from './positions';

const HALF = 8;
const row = (table: Float32Array, length: number, n: number, cell: number): number[] =>
  Array.from(table.subarray((n * length + cell) * HALF, (n * length + cell + 1) * HALF));

test('a half’s numbers are sines and cosines of the part of the image', () => {
  const table = positionTable(4, HALF);
  expect(table.length).toBe(5 * 4 * HALF);
  const place = (2 * Math.PI * 2) / 3;
  const expected = [0, 1, 2, 3].flatMap((pair) => {
    const angle = place / 10000 ** ((2 * pair) / HALF);
    return [Math.sin(angle), Math.cos(angle)];
  });
  row(table, 4, 3, 1).forEach((value, j) => expect(value).toBeCloseTo(expected[j]!, 5));
});

test('cells on padding count no further, and with none on the image nothing does', () => {
  const table = positionTable(4, HALF);
  expect(row(table, 4, 3, 3)).toEqual(row(table, 4, 3, 2));
  for (let cell = 0; cell < 4; cell++) expect(row(table, 4, 0, cell)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
});

test('positions of a part of a map are those of a map of that size', () => {
  const [whole, part] = [positionTable(6, HALF), positionTable(4, HALF)];
  for (let cell = 0; cell < 4; cell++) expect(row(whole, 6, 4, cell)).toEqual(row(part, 4, 4, cell));
});

test('cells take the pixel that torch’s nearest interpolation takes', () => {
  // torch.nn.functional.interpolate(torch.arange(10.), size=4)
  expect(Array.from(nearestPixels(10, 4))).toEqual([0, 2, 5, 7]);
  expect(Array.from(nearestPixels(96, 3))).toEqual([0, 32, 64]);
});
