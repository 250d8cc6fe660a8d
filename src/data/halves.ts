/**
 * The two 16-bit float formats as float32: IEEE 754 binary16 (F16) and bfloat16 (BF16). Both are exact, NaN payloads
 * included: bits are moved as integers, because a NaN that passes through a JavaScript number may lose its payload.
 */

/** The float32 bits of one binary16: sign 1, exponent 5 (bias 15), fraction 10. */
function f16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal, fraction * 2^-24: normal in float32. Its leading one becomes the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | ((fraction << (13 + shift)) & 0x7fffff);
}

let table: Uint32Array | undefined;

/** All 65,536 answers: twice as fast as computing each, and made once (256 KiB). */
function f16Table(): Uint32Array {
  table ??= Uint32Array.from({ length: 0x10000 }, (_, half) => f16Bits(half) >>> 0);
  return table;
}

/** binary16 values, as their bits, to float32. */
export function f16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = f16Table();
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = bits[halves[i]!]!;
  return new Float32Array(out.buffer);
}

/** bfloat16 values, as their bits, to float32: the upper half of the same number. */
export function bf16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = halves[i]! << 16;
  return new Float32Array(out.buffer);
}
