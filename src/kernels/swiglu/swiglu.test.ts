import { expect, test } from 'vitest';
import { relativeL2 } from '../testing/compare';
import { numericGradient } from '../testing/finite-difference';
import { dot, numbers } from '../testing/gradients';
import { swigluGradientReference, swigluReference } from './reference';

test('gates each half by the other half’s silu', () => {
  const y = swigluReference(Float64Array.of(0, Math.log(3), 5, 8), 2);
  expect(relativeL2(y, [0, 6 * Math.log(3)])).toBeLessThanOrEqual(1e-12);
});

test('its gradient is that of finite differences', () => {
  const x = Float64Array.from(numbers(30, 1), (v) => 3 * v);
  const dy = Float64Array.from(numbers(15, 2));
  const expected = numericGradient((v) => dot(swigluReference(v, 5), dy), x);
  expect(relativeL2(swigluGradientReference(x, dy, 5), expected)).toBeLessThanOrEqual(1e-6);
});
