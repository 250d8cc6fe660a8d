/** Numbers and finite differences for kernel tests. */

/** A small fixed stream of numbers in -1..1 (mulberry32): tests need no more, and every run is the same. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  });
}

/**
 * Central differences of `f` (a scalar of one array) at x, float64 inside as far as `f` keeps it.
 * @returns df/dx of x's length
 */
export function finiteDifferences(f: (x: Float32Array) => number, x: Float32Array, step = 1e-3): Float32Array {
  return Float32Array.from(x, (_, i) => {
    const [up, down] = [1, -1].map((sign) => {
      const moved = Float32Array.from(x);
      moved[i] = x[i]! + sign * step;
      return { at: moved[i]!, value: f(moved) };
    }) as [{ at: number; value: number }, { at: number; value: number }];
    return (up.value - down.value) / (up.at - down.at);
  });
}

/** Sum of a * b: turns an output into a scalar whose gradient with respect to the output is b. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
