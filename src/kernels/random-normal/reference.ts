/** Philox 4x32-10 and Box and Muller's transform in plain numbers (sources: philox.wgsl, normal.wgsl). */

type Four = [number, number, number, number];

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  return Number((BigInt(a) * BigInt(b)) >> 32n);
}

/** @param counter @param key unsigned 32-bit numbers @returns four more of them */
export function philox(counter: Four, key: readonly [number, number]): Four {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [highA, lowA] = [multiplyHigh(0xd2511f53, a), Math.imul(0xd2511f53, a)];
    const [highC, lowC] = [multiplyHigh(0xcd9e8d57, c), Math.imul(0xcd9e8d57, c)];
    [a, b, c, d] = [(highC ^ b ^ k0) >>> 0, lowC >>> 0, (highA ^ d ^ k1) >>> 0, lowA >>> 0];
    [k0, k1] = [(k0 + 0x9e3779b9) >>> 0, (k1 + 0xbb67ae85) >>> 0];
  }
  return [a, b, c, d];
}

/** Low and high 32 bits of a whole number up to 2^53. */
export function words(n: number): [number, number] {
  return [n >>> 0, Math.floor(n / 2 ** 32)];
}

/** `count` standard normal numbers; the first n are the same for every count. */
export function randomNormalReference(count: number, seed: number, stream: number): Float32Array {
  const out = new Float32Array(Math.ceil(count / 4) * 4);
  const fraction = (bits: number): number => ((bits >>> 8) + 1) / 2 ** 24;
  for (let first = 0; first < count; first += 4) {
    const bits = philox([first / 4, 0, ...words(stream)], words(seed));
    for (const at of [0, 2] as const) {
      const radius = Math.sqrt(-2 * Math.log(fraction(bits[at])));
      const angle = 2 * Math.PI * (fraction(bits[(at + 1) as 1 | 3]) - 0.5);
      out[first + at] = radius * Math.cos(angle);
      out[first + at + 1] = radius * Math.sin(angle);
    }
  }
  return out.slice(0, count);
}
