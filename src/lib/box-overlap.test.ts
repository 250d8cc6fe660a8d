import { expect, test } from 'vitest';
import { overlapOf } from './box-overlap';

test('shifted boxes: IoU 1/7, the hull counts against GIoU', () => {
  // 2 x 2 boxes whose corners meet in a 1 x 1 square; hull 9, union 7
  const { iou, giou } = overlapOf([9, 9, 9, 9, 0.2, 0.2, 0.2, 0.2], 1, [0.3, 0.3, 0.2, 0.2], 0);
  expect(iou).toBeCloseTo(1 / 7, 12);
  expect(giou).toBeCloseTo(1 / 7 - 2 / 9, 12);
});

test('a box with itself is 1, apart on unequal sides is negative', () => {
  const box = [0.5, 0.4, 0.3, 0.7];
  expect(overlapOf(box, 0, box, 0).iou).toBeCloseTo(1, 12);
  expect(overlapOf(box, 0, box, 0).giou).toBeCloseTo(1, 12);
  const { iou, giou } = overlapOf([0.1, 0.1, 0.2, 0.1], 0, [0.7, 0.1, 0.2, 0.1], 0);
  expect(iou).toBe(0);
  expect(giou).toBeCloseTo(-0.5, 12);
});

test('boxes without size stay finite', () => {
  const point = [0.5, 0.5, 0, 0];
  expect(overlapOf(point, 0, point, 0)).toEqual({ iou: 0, giou: 0 });
});
