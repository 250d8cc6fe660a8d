import { expect, test } from 'vitest';
import { highest } from '../kernels/answers/reference';
import { unpackAnswers } from './postprocess';
import { unpackLayers } from './testing/all-logits';

test('the highest come first, ties by index, not-a-number never', () => {
  expect(highest(Float32Array.of(1, 3, NaN, 3, -1, 2), 4)).toEqual([1, 3, 5, 0]);
  expect(highest(Float32Array.of(5, 5, 5), 2)).toEqual([0, 1]);
  expect(highest(Float32Array.of(NaN), 3)).toEqual([]);
  expect(highest(Float32Array.of(-Infinity, 0), 9)).toEqual([1, 0]);
});

test('rows of logits and boxes come apart, layer by layer', () => {
  const row = (a: number, b: number, box: number): number[] => [a, b, box, box, box, box];
  const packed = Float32Array.from([...row(0, 2, 0.1), ...row(1, -1, 0.2), ...row(-3, 0, 0.3), ...row(4, -4, 0.4)]);
  const layers = [{ layer: 'select' as const }, { layer: 1 }];
  const [first, second] = unpackLayers(packed, layers as Parameters<typeof unpackLayers>[1], {
    classes: 2,
    queries: 2,
    scoring: 'sigmoid',
  });
  expect([...first!.query]).toEqual([0, 1, 0, 1]);
  expect([...first!.label]).toEqual([1, 0, 0, 1]);
  expect(first!.score[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect([...second!.query]).toEqual([1, 0, 0, 1]);
  expect(second!.boxes[4]).toBeCloseTo(0.4, 6);
});

test('softmax: each query is its best class, the last column is no class, and not-a-number is left out', () => {
  const row = (...logits: number[]): number[] => [...logits, 0.1, 0.2, 0.3, 0.4];
  const packed = Float32Array.from([...row(1, 2, 9), ...row(5, 1, 0), ...row(NaN, 1, 0)]);
  const layers = [{ layer: 1 }] as Parameters<typeof unpackLayers>[1];
  const [only] = unpackLayers(packed, layers, { classes: 2, queries: 3, scoring: 'softmax' });
  expect([...only!.query]).toEqual([1, 0]);
  expect([...only!.label]).toEqual([0, 1]);
  expect(only!.score[0]).toBeCloseTo(Math.exp(5) / (Math.exp(5) + Math.exp(1) + 1), 6);
  expect(only!.score[1]).toBeCloseTo(Math.exp(2) / (Math.exp(1) + Math.exp(2) + Math.exp(9)), 8);
  expect([...only!.boxes.subarray(0, 2)]).toEqual([Math.fround(0.1), Math.fround(0.2)]);
});

test('ranks, pairs and boxes come apart, layer by layer', () => {
  const boxes = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
  const packed = Float32Array.from([2, 0, 0, -3, 1, 0, 3, 2, ...boxes, 4, 0, 0, -4, 2, 1, -1, 3, ...boxes]);
  const sizes = { classes: 2, queries: 2, scoring: 'sigmoid' } as const;
  const [first, second] = unpackAnswers(packed, [{ layer: 'select' }, { layer: 1 }], sizes);
  expect([first!.layer, second!.layer]).toEqual(['select', 1]);
  expect([...first!.query]).toEqual([0, 0, 1, 1]);
  expect([...first!.label]).toEqual([1, 0, 1, 0]);
  expect(first!.score[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect([...first!.boxes]).toEqual([...Float32Array.from(boxes)]);
  expect([...second!.query]).toEqual([1, 0, 1]);
  expect([...second!.label]).toEqual([0, 1, 1]);
});

test('softmax: queries in the order of their best classes, without those that have none', () => {
  const packed = Float32Array.from([-2, 0, -0.5, 4, -1, 1, ...new Array<number>(12).fill(0.25)]);
  const sizes = { classes: 9, queries: 3, scoring: 'softmax' } as const;
  const [only] = unpackAnswers(packed, [{ layer: 1 }], sizes);
  expect([...only!.query]).toEqual([2, 0]);
  expect([...only!.label]).toEqual([1, 4]);
  expect(only!.score[0]).toBeCloseTo(Math.exp(-0.5), 6);
});
