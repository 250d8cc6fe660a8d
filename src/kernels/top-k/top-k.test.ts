import { expect, test } from 'vitest';
import { topKReference } from './reference';

test('rows by their highest number, ties by the lower index, batch by batch', () => {
  const scores = Float32Array.of(1, 2, 5, 0, 2, 2, 0, 0, 3, 3, 0, 4, 3, 1, 4, 4);
  expect(Array.from(topKReference(scores, [2, 4, 2], 3))).toEqual([1, 0, 2, 1, 3, 0]);
});

test('NaN comes last, after minus infinity', () => {
  const scores = Float32Array.of(NaN, -Infinity, 0, NaN, -0);
  expect(Array.from(topKReference(scores, [1, 5, 1], 5))).toEqual([2, 4, 1, 0, 3]);
});
