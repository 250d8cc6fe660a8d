import { describe, expect, it } from 'vitest';
import { bf16ToF32, f16ToF32 } from './halves';

/** binary16 by its definition, in float64. */
function f16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('f16ToF32', () => {
  it('is exact for all 65,536 values', () => {
    const all = f16ToF32(Uint16Array.from({ length: 0x10000 }, (_, i) => i));
    const wrong = [...all.keys()].filter((half) => !Object.is(all[half], f16Value(half)));
    expect(wrong).toEqual([]);
  });
  it('keeps the payload and the sign of NaN', () => {
    const bits = new Uint32Array(f16ToF32(new Uint16Array([0x7e01, 0xfd55])).buffer);
    expect([...bits]).toEqual([0x7fc02000, 0xffaaa000]);
  });
});

describe('bf16ToF32', () => {
  it('is the upper half of a float32, for all 65,536 values', () => {
    const all = new Uint32Array(bf16ToF32(Uint16Array.from({ length: 0x10000 }, (_, i) => i)).buffer);
    expect(all.every((bits, i) => bits === i * 0x10000)).toBe(true);
  });
  it('gives known numbers', () => {
    expect([...bf16ToF32(new Uint16Array([0x3f80, 0xc049, 0x0001, 0x8000, 0x7f80]))]).toEqual([
      1,
      -3.140625,
      2 ** -133,
      -0,
      Infinity,
    ]);
  });
});
