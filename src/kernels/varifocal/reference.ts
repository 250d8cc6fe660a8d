/** Plain loops for the losses that know the IoU and their gradients. S sets, Q queries, C classes. */
import { floatsLike, type Floats } from '../floats';
import type { Balance, PerLogitShape } from './per-logit';

/** Of the columns that no label stands for, as RT-DETR weighs them. */
export const RT_DETR_BALANCE: Balance = { alpha: 0.75, gamma: 2 };

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** What the label's column is held to: binary cross entropy with `target`, `weight` times; both constants. */
type Positive = (quality: number, balance: Balance) => { target: number; weight: number };

const byQuality: Positive = (quality) => ({ target: quality, weight: quality });
const byPower: Positive = (quality, { gamma }) => ({ target: quality ** gamma, weight: 1 });

/** @param logits [S,Q,C] @param labels [S,Q], -1 for none @param quality [S,Q] @returns [S,Q,C], not yet added up */
const lossOf =
  (positive: Positive) =>
  <T extends Floats>(
    logits: T,
    labels: ArrayLike<number>,
    quality: ArrayLike<number>,
    columns: number,
    balance: Balance = RT_DETR_BALANCE,
  ): T => {
    const out = floatsLike(logits, logits.length);
    for (let i = 0; i < out.length; i++) {
      const [x, row] = [logits[i]!, Math.floor(i / columns)];
      const { target, weight } = positive(quality[row]!, balance);
      const other = balance.alpha * sigmoid(x) ** balance.gamma * softplus(x);
      out[i] = i % columns === labels[row]! ? weight * (softplus(x) - x * target) : other;
    }
    return out;
  };

/** Gradient of each set's sum with the weights held constant. @param dy [S] @returns [S,Q,C] */
const gradientOf =
  (positive: Positive) =>
  <T extends Floats>(
    logits: T,
    labels: ArrayLike<number>,
    quality: ArrayLike<number>,
    dy: ArrayLike<number>,
    { queries, columns }: PerLogitShape,
    balance: Balance = RT_DETR_BALANCE,
  ): T => {
    const out = floatsLike(logits, logits.length);
    for (let i = 0; i < out.length; i++) {
      const row = Math.floor(i / columns);
      const p = sigmoid(logits[i]!);
      const { target, weight } = positive(quality[row]!, balance);
      const slope = i % columns === labels[row]! ? weight * (p - target) : balance.alpha * p ** (balance.gamma + 1);
      out[i] = dy[Math.floor(row / queries)]! * slope;
    }
    return out;
  };

export const varifocalReference = lossOf(byQuality);
export const varifocalGradientReference = gradientOf(byQuality);
export const matchabilityReference = lossOf(byPower);
export const matchabilityGradientReference = gradientOf(byPower);
