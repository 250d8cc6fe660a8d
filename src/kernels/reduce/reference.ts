/** Plain loops over x [outer, length, inner] along the middle axis; softmax along the last axis. */
import type { Reduction } from './program';

type Numbers = ArrayLike<number>;

export function reductionReference(
  x: Numbers,
  { outer, length, inner }: Reduction,
  kind: 'sum' | 'mean' | 'max',
): Float64Array {
  const out = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      let most = -Infinity;
      for (let k = 0; k < length; k++) {
        const value = x[(o * length + k) * inner + i]!;
        sum += value;
        most = Math.max(most, value);
      }
      out[o * inner + i] = kind === 'max' ? most : kind === 'mean' ? sum / length : sum;
    }
  return out;
}

export function softmaxReference(x: Numbers, length: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += length) {
    let most = -Infinity;
    for (let k = start; k < start + length; k++) most = Math.max(most, x[k]!);
    let sum = 0;
    for (let k = start; k < start + length; k++) sum += Math.exp(x[k]! - most);
    for (let k = start; k < start + length; k++) out[k] = Math.exp(x[k]! - most) / sum;
  }
  return out;
}
