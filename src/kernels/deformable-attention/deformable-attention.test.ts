import { expect, test } from 'vitest';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import {
  deformableAttentionGradientReference,
  deformableAttentionReference,
  type Extents,
  type Sampling,
} from './reference';

const ONE_CELL: Sampling = { shapes: [[2, 3]], points: [1] };
const ONE: Extents = { batch: 1, cells: 6, queries: 1, heads: 1, depth: 1 };
const VALUE = Float64Array.of(1, 2, 3, 4, 5, 6);

test.each([
  ['the centre of a cell', 0.5, 0.25, 2],
  ['between four cells', 1 / 3, 0.5, 3],
  ['half outside on the left', 0, 0.25, 0.5],
  ['half outside below', 0.5, 1, 2.5],
  ['outside', 1.2, 0.5, 0],
])('a sample at %s', (_, x, y, expected) => {
  const read = deformableAttentionReference(VALUE, Float64Array.of(x, y), Float64Array.of(1), ONE_CELL, ONE);
  expect(relativeL2(read, [expected])).toBeLessThanOrEqual(1e-12);
});

test('its gradient is that of finite differences', () => {
  const sampling: Sampling = {
    shapes: [
      [4, 3],
      [1, 2],
    ],
    points: [2, 1],
  };
  const extents: Extents = { batch: 2, cells: 14, queries: 3, heads: 2, depth: 2 };
  const [value, weights, dy] = [
    [112, 1],
    [36, 2],
    [24, 3],
  ].map(([count, seed]) => Float64Array.from(numbers(count!, seed!))) as [Float64Array, Float64Array, Float64Array];
  const locations = Float64Array.from(numbers(72, 4), (v) => 0.5 + 0.7 * v);
  const of = deformableAttentionGradientReference(value, locations, weights, dy, sampling, extents);
  const loss = (v: Float64Array, l: Float64Array, w: Float64Array): number =>
    dot(deformableAttentionReference(v, l, w, sampling, extents), dy);
  const byValue = numericGradient((v) => loss(v, locations, weights), value);
  const byLocations = numericGradient((l) => loss(value, l, weights), locations, 1e-7);
  const byWeights = numericGradient((w) => loss(value, locations, w), weights);
  expect(relativeL2(of.value, byValue)).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(of.locations, byLocations)).toBeLessThanOrEqual(1e-6);
  expect(relativeL2(of.weights, byWeights)).toBeLessThanOrEqual(1e-6);
});
