/** Plain loops for the varifocal loss and its gradient. S sets, Q queries, C classes. */
import { floatsLike, type Floats } from '../floats';
import type { Balance, PerLogitShape } from './per-logit';

/** Of the columns that no label stands for, as RT-DETR weighs them. */
export const RT_DETR_BALANCE: Balance = { alpha: 0.75, gamma: 2 };

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** @param logits [S,Q,C] @param labels [S,Q], -1 for none @param quality [S,Q] @returns [S,Q,C], not yet added up */
export function varifocalReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  quality: ArrayLike<number>,
  columns: number,
  { alpha, gamma }: Balance = RT_DETR_BALANCE,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const [x, row] = [logits[i]!, Math.floor(i / columns)];
    const wanted = quality[row]!;
    const positive = i % columns === labels[row]!;
    out[i] = positive ? wanted * (softplus(x) - x * wanted) : alpha * sigmoid(x) ** gamma * softplus(x);
  }
  return out;
}

/** Gradient of each set's sum with the negatives' weight held constant. @param dy [S] @returns [S,Q,C] */
export function varifocalGradientReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  quality: ArrayLike<number>,
  dy: ArrayLike<number>,
  { queries, columns }: PerLogitShape,
  { alpha, gamma }: Balance = RT_DETR_BALANCE,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / columns);
    const p = sigmoid(logits[i]!);
    const wanted = quality[row]!;
    const slope = i % columns === labels[row]! ? wanted * (p - wanted) : alpha * p ** (gamma + 1);
    out[i] = dy[Math.floor(row / queries)]! * slope;
  }
  return out;
}
