/** Plain loops: activation(sum + bias) * scale + shift + residual, channels last. */
import type { Activation } from './op';

type Numbers = ArrayLike<number>;

/** Error function by its Taylor series, to double precision for |x| < 6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const relu6 = (x: number): number => Math.min(Math.max(x, 0), 6);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const ACTIVATE: Record<Activation, (x: number) => number> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6,
  silu: (x) => x * sigmoid(x),
  hardswish: (x) => (x * relu6(x + 3)) / 6,
  sigmoid,
  hardsigmoid: (x) => relu6(x + 3) / 6,
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
};

export interface PlainEpilogue {
  bias?: Numbers;
  activation?: Activation;
  scale?: number;
  shift?: number;
  residual?: Numbers;
}

/** @param channels length of the last axis */
export function epilogueReference(
  sums: Float64Array,
  channels: number,
  { bias, activation = 'none', scale = 1, shift = 0, residual }: PlainEpilogue,
): Float64Array {
  return sums.map(
    (sum, at) => ACTIVATE[activation](sum + (bias?.[at % channels] ?? 0)) * scale + shift + (residual?.[at] ?? 0),
  );
}
