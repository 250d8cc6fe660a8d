import { expect, test } from 'vitest';
import { borderedAnchors } from './anchors';
import { rowColumnPositions } from './positions';

test('anchors stand in the middle of cells, twice as large on each level', () => {
  const { logits, valid } = borderedAnchors([
    [2, 4],
    [1, 2],
  ]);
  expect(Array.from(valid)).toEqual(Array<number>(10).fill(1));
  const boxes = Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
  // row 1, column 2 of the finer level
  [0.625, 0.75, 0.05, 0.05].forEach((value, i) => expect(boxes[6 * 4 + i]).toBeCloseTo(value, 6));
  [0.75, 0.5, 0.1, 0.1].forEach((value, i) => expect(boxes[9 * 4 + i]).toBeCloseTo(value, 6));
});

test('from 50 cells a side the border has none', () => {
  const inner = (shape: readonly [number, number]): number =>
    borderedAnchors([shape]).valid.reduce((sum, is) => sum + is, 0);
  expect(inner([49, 3])).toBe(49 * 3);
  expect(inner([50, 3])).toBe(48 * 3);
  expect(inner([80, 80])).toBe(78 * 78);
  const { logits, valid } = borderedAnchors([[50, 3]]);
  expect(valid[0]).toBe(0);
  // the sigmoid of this is 1 in float32 whatever a head adds
  for (let i = 0; i < 4; i++) expect(logits[i]).toBeGreaterThanOrEqual(1000);
});

test('positions: rows first, then columns', () => {
  const [width, w] = [8, 3];
  const at = rowColumnPositions([2, w], width, 10000);
  expect(at.length).toBe(2 * w * width);
  const [y, x] = [1, 2];
  // two frequencies: 1 and 10000 ** -0.5
  const expected = [y, x].flatMap((place) => [
    Math.sin(place),
    Math.sin(place / 100),
    Math.cos(place),
    Math.cos(place / 100),
  ]);
  expected.forEach((value, i) => expect(at[(y * w + x) * width + i]).toBeCloseTo(value, 6));
});
