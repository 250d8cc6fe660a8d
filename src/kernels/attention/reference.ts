/**
 * Plain loops for attention.
 *
 * B batch, T targets, S sources, M heads, d width of a head.
 */
import { floatsLike, type Floats } from '../floats';
import type { AttentionSizes } from './variant';

/** Softmax of row t of head m: the weights of its S sources. */
function weightsOf(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - top));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}

/**
 * @param q [B,T,M*d] @param k [B,S,M*d] @param v [B,S,M*d]
 * @param mask [B,S] 1 for a source that is seen; at least one of an image's is
 * @returns [B,T,M*d]
 */
export function attentionReference<F extends Floats>(
  q: F,
  k: F,
  v: F,
  { batch, targets, sources, heads, width }: AttentionSizes,
  mask?: ArrayLike<number>,
): F {
  const out = floatsLike(q, q.length);
  const source = Array.from({ length: sources }, (_, s) => s);
  for (let b = 0; b < batch; b++)
    for (let m = 0; m < heads; m++)
      for (let t = 0; t < targets; t++) {
        const row = ((b * targets + t) * heads + m) * width;
        const rowOf = (s: number): number => ((b * sources + s) * heads + m) * width;
        const scores = source.map((s) => {
          if (mask && mask[b * sources + s] === 0) return -Infinity;
          let score = 0;
          for (let i = 0; i < width; i++) score += q[row + i]! * k[rowOf(s) + i]!;
          return score / Math.sqrt(width);
        });
        weightsOf(scores).forEach((weight, s) => {
          for (let i = 0; i < width; i++) out[row + i]! += weight * v[rowOf(s) + i]!;
        });
      }
  return out;
}
