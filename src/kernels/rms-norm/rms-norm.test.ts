import { expect, test } from 'vitest';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { rmsNormGradientReference, rmsNormReference } from './reference';

test('divides by the root mean square', () => {
  const y = rmsNormReference(Float64Array.of(3, 4, 0, 0, 6, 8, 0, 0), Float64Array.of(1, 2, 1, 1), 0);
  expect(relativeL2(y, [1.2, 3.2, 0, 0, 1.2, 3.2, 0, 0])).toBeLessThanOrEqual(1e-12);
});

test('its gradient is that of finite differences', () => {
  const [x, weight, dy] = [
    [35, 1],
    [7, 2],
    [35, 3],
  ].map(([count, seed]) => Float64Array.from(numbers(count!, seed!))) as [Float64Array, Float64Array, Float64Array];
  const of = rmsNormGradientReference(x, weight, dy, 0.01);
  const loss = (v: Float64Array, w: Float64Array): number => dot(rmsNormReference(v, w, 0.01), dy);
  expect(
    relativeL2(
      of.x,
      numericGradient((v) => loss(v, weight), x),
    ),
  ).toBeLessThanOrEqual(1e-6);
  expect(
    relativeL2(
      of.weight,
      numericGradient((w) => loss(x, w), weight),
    ),
  ).toBeLessThanOrEqual(1e-6);
});
