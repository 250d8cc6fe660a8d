/** Plain loops for the varifocal loss and its gradient. S sets, Q queries, C classes. */
import { floatsLike, type Floats } from '../floats';

/** Weight of the columns that no label stands for. */
export const NEGATIVE = 0.75;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export interface VarifocalShape {
  sets: number;
  queries: number;
  columns: number;
}

/** @param logits [S,Q,C] @param labels [S,Q], -1 for none @param quality [S,Q] @returns [S,Q,C], not yet added up */
export function varifocalReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  quality: ArrayLike<number>,
  columns: number,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const [x, row] = [logits[i]!, Math.floor(i / columns)];
    const wanted = quality[row]!;
    const positive = i % columns === labels[row]!;
    out[i] = positive ? wanted * (softplus(x) - x * wanted) : NEGATIVE * sigmoid(x) ** 2 * softplus(x);
  }
  return out;
}

/** Gradient of each set's sum with the negatives' weight held constant. @param dy [S] @returns [S,Q,C] */
export function varifocalGradientReference<T extends Floats>(
  logits: T,
  labels: ArrayLike<number>,
  quality: ArrayLike<number>,
  dy: ArrayLike<number>,
  { queries, columns }: VarifocalShape,
): T {
  const out = floatsLike(logits, logits.length);
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / columns);
    const p = sigmoid(logits[i]!);
    const wanted = quality[row]!;
    const slope = i % columns === labels[row]! ? wanted * (p - wanted) : NEGATIVE * p ** 3;
    out[i] = dy[Math.floor(row / queries)]! * slope;
  }
  return out;
}
