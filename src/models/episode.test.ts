import { expect, test } from 'vitest';
import { activeQueries } from './episode';

const size = { rows: 2, layers: 2, queries: 4 };
// [row][layer][query]
const values = Float32Array.of(0, 5, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0);

test('queries whose number is not 0, filled up to the longest row', () => {
  expect(activeQueries(values, size, 0)).toEqual({
    count: 2,
    queries: Int32Array.of(1, 3, 0, 0),
    values: Float32Array.of(5, -1, 0, 0),
  });
  expect(activeQueries(values, size, 1)).toEqual({
    count: 1,
    queries: Int32Array.of(0, 2),
    values: Float32Array.of(0, 7),
  });
});

test('one query a row where there is none', () => {
  const none = activeQueries(new Float32Array(16), size, 0);
  expect(none).toEqual({ count: 1, queries: new Int32Array(2), values: new Float32Array(2) });
});
