/** float32 numbers as IEEE 754 binary16, where nothing is lost. The way back is in the kernels: `unpack2x16float`. */

/** The 16 bits of a float32 (as its bits), or -1 where binary16 has no such number. Infinities and NaN have no place in weights. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent > 0) return exponent < 31 && (fraction & 0x1fff) === 0 ? sign | (exponent << 10) | (fraction >> 13) : -1;
  if ((bits & 0x7fffffff) === 0) return sign;
  // below 2^-14: multiples of 2^-24
  const whole = fraction | 0x800000;
  const dropped = 14 - exponent;
  return dropped <= 23 && (whole & ((1 << dropped) - 1)) === 0 ? sign | (whole >> dropped) : -1;
}

/**
 * Two numbers in each i32, the first in the lower half.
 * @param values an even number of them
 * @returns null where a number is not a binary16 one: checkpoints in F32, and what was computed of F16
 */
export function packHalves(values: Float32Array): Int32Array | null {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = new Int32Array(values.length / 2);
  for (let i = 0; i < packed.length; i++) {
    const [low, high] = [halfBits(bits[2 * i]!), halfBits(bits[2 * i + 1]!)];
    if (low < 0 || high < 0) return null;
    packed[i] = low | (high << 16);
  }
  return packed;
}
