import { expect, test } from 'vitest';
import { numbers } from '../../kernels/testing/gradients';
import { overlapOf } from '../../lib/box-overlap';
import { boxCost } from './box-cost';

/** Boxes that lie apart, overlap, contain each other; some without size, some of negative size. */
const boxes = (count: number, seed: number): Float32Array =>
  numbers(count * 4, seed).map((v, i) => (i % 4 < 2 ? 0.5 + 0.4 * v : 0.25 * v));

test('is L1 less GIoU of every pair, as the plain function has them', () => {
  const [predicted, labelled] = [boxes(7, 1), boxes(5, 2)];
  const [both, l1] = [
    boxCost(predicted, labelled, { l1: 5, giou: 2 }),
    boxCost(predicted, labelled, { l1: 5, giou: 0 }),
  ];
  expect(both).toHaveLength(35);
  for (let q = 0; q < 7; q++)
    for (let t = 0; t < 5; t++) {
      const distance = [0, 1, 2, 3].reduce((sum, i) => sum + Math.abs(predicted[4 * q + i]! - labelled[4 * t + i]!), 0);
      const { giou } = overlapOf(predicted, q, labelled, t);
      expect(l1[q * 5 + t], `L1 of ${q}, ${t}`).toBeCloseTo(5 * distance, 12);
      expect(both[q * 5 + t], `${q}, ${t}`).toBeCloseTo(5 * distance - 2 * giou, 12);
    }
});

test('boxes that are no numbers cost no number', () => {
  expect(boxCost(Float32Array.of(0.5, NaN, 0.1, 0.1), boxes(1, 3), { l1: 5, giou: 2 })[0]).toBeNaN();
});

test('no labels, no costs', () => {
  expect(boxCost(boxes(3, 1), new Float32Array(0), { l1: 5, giou: 2 })).toHaveLength(0);
});
