/** Plain loops for SwiGLU and its gradient. R rows of 2H numbers: the gate, then what it gates. */
import { floatsLike, type Floats } from '../floats';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** @param x [R,2H] @param half H @returns [R,H] */
export function swigluReference<T extends Floats>(x: T, half: number): T {
  const out = floatsLike(x, x.length / 2);
  for (let i = 0; i < out.length; i++) {
    const at = Math.floor(i / half) * 2 * half + (i % half);
    out[i] = x[at]! * sigmoid(x[at]!) * x[at + half]!;
  }
  return out;
}

/** @param dy [R,H] @returns [R,2H] */
export function swigluGradientReference<T extends Floats>(x: T, dy: T, half: number): T {
  const out = floatsLike(x, x.length);
  for (let i = 0; i < dy.length; i++) {
    const at = Math.floor(i / half) * 2 * half + (i % half);
    const gate = x[at]!;
    const s = sigmoid(gate);
    out[at] = dy[i]! * x[at + half]! * s * (1 + gate * (1 - s));
    out[at + half] = dy[i]! * gate * s;
  }
  return out;
}
