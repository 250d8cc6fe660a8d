/** Plain loops for the focal loss and its gradient. S sets, Q queries, C classes. */
import { floatsLike, type Floats } from '../floats';
import type { Balance, PerLogitShape } from '../varifocal/per-logit';
import { sigmoid, softplus } from '../varifocal/reference';

/** @param logits [S,Q,C] @param labels [S,Q], -1 for none @returns [S,Q,C], not yet added up */
export function focalReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  columns: number,
  { alpha, gamma }: Balance,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const own = i % columns === labels[Math.floor(i / columns)]!;
    const v = own ? logits[i]! : -logits[i]!;
    out[i] = (own ? alpha : 1 - alpha) * sigmoid(-v) ** gamma * softplus(-v);
  }
  return out;
}

/** Gradient of each set's sum. @param dy [S] @returns [S,Q,C] */
export function focalGradientReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  dy: ArrayLike<number>,
  { queries, columns }: PerLogitShape,
  { alpha, gamma }: Balance,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / columns);
    const own = i % columns === labels[row]!;
    const v = own ? logits[i]! : -logits[i]!;
    const slope = -(sigmoid(-v) ** gamma) * (gamma * sigmoid(v) * softplus(-v) + sigmoid(-v));
    out[i] = dy[Math.floor(row / queries)]! * (own ? alpha : alpha - 1) * slope;
  }
  return out;
}
