import { expect, test } from 'vitest';
import { choose, parseTable, sizeDistance, type TuningTable } from './table';

const TABLE: TuningTable = {
  measured: [
    { kernel: 'product', sizes: [1, 64, 64], microseconds: { plain: 10, tiled: 30 } },
    { kernel: 'product', sizes: [1, 1024, 1024], microseconds: { plain: 900, tiled: 100, wrong: 1, close: 95 } },
    { kernel: 'other', sizes: [1, 1024, 1024], microseconds: { plain: 1, tiled: 90 } },
  ],
  struck: [{ kernel: 'product', variant: 'wrong', reason: 'its numbers are off' }],
};

const ask = (sizes: number[], candidates = ['plain', 'tiled', 'wrong'], fallback = 'plain'): string =>
  choose(TABLE, 'product', sizes, candidates, fallback);

test('distance counts doublings, both ways, over all sizes', () => {
  expect(sizeDistance([1, 64], [2, 32])).toBe(2);
  expect(sizeDistance([5, 7], [5, 7])).toBe(0);
  expect(sizeDistance([5], [5, 7])).toBe(Infinity);
});

test('the fastest at the nearest measured sizes is taken, never one that was struck off', () => {
  expect(ask([1, 1024, 1024])).toBe('tiled');
  expect(ask([1, 800, 1500])).toBe('tiled');
  expect(ask([1, 64, 64], undefined, 'tiled')).toBe('plain');
});

test('only candidates of the call are taken', () => {
  expect(ask([1, 1024, 1024], ['plain', 'wrong'])).toBe('plain');
});

test('far from everything measured, and for unknown kernels, the fallback stays', () => {
  expect(ask([1, 16_384, 1024])).toBe('plain');
  expect(choose(TABLE, 'unknown', [1, 64, 64], ['plain', 'tiled'], 'tiled')).toBe('tiled');
});

test('a lead that may be noise does not replace the fallback', () => {
  expect(ask([1, 1024, 1024], ['tiled', 'close'], 'tiled')).toBe('tiled');
});

test('a fallback that was not measured stays', () => {
  expect(ask([1, 64, 64], ['plain', 'tiled', 'fresh'], 'fresh')).toBe('fresh');
});

test('a table survives being kept, and damaged ones are refused', () => {
  expect(parseTable(JSON.stringify(TABLE))).toEqual(TABLE);
  const damaged = [
    '',
    '[]',
    '{"measured":[]}',
    '{"measured":[{"kernel":"a","sizes":[1],"microseconds":{"x":null}}],"struck":[]}',
  ];
  for (const text of damaged) expect(() => parseTable(text)).toThrow(/tuning table: expected lists/);
});
