import { expect, test } from 'vitest';
import { packHalves } from './pack';

/** The value of a binary16 by its definition. */
function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

test('every finite binary16 number comes through, bit for bit', () => {
  const finite = Array.from({ length: 0x10000 }, (_, half) => half).filter((half) => ((half >> 10) & 31) !== 31);
  const packed = packHalves(Float32Array.from(finite, valueOf))!;
  expect(packed).toHaveLength(finite.length / 2);
  expect(finite.every((half, at) => ((packed[at >> 1]! >>> (at % 2 === 0 ? 0 : 16)) & 0xffff) === half)).toBe(true);
});

test.each([
  ['between two', 1 + 2 ** -11],
  ['too large', 65_536],
  ['below the smallest', 2 ** -25],
  ['between two of the smallest', 1.5 * 2 ** -24],
  ['a float32 below normal', 1e-40],
  ['infinite', Infinity],
  ['no number', NaN],
])('%s: none of it is packed', (_, value) => {
  expect(packHalves(Float32Array.of(1, value))).toBeNull();
  expect(packHalves(Float32Array.of(value, 1))).toBeNull();
});
