/** Plain loops for RMSNorm and its gradient. R rows of W numbers. */
import { floatsLike, type Floats } from '../floats';

/** 1 / sqrt(mean(x^2) + epsilon) of the row that starts at `first`. */
function scaleOf(x: Floats, first: number, width: number, epsilon: number): number {
  let squares = 0;
  for (let i = 0; i < width; i++) squares += x[first + i]! ** 2;
  return 1 / Math.sqrt(squares / width + epsilon);
}

/** x + residual, element by element. */
export function sumReference<T extends Floats>(x: T, residual: T): T {
  const out = floatsLike(x, x.length);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! + residual[i]!;
  return out;
}

/** @param x [R,W] @param weight [W] @returns [R,W] */
export function rmsNormReference<T extends Floats>(x: T, weight: T, epsilon: number): T {
  const width = weight.length;
  const out = floatsLike(x, x.length);
  for (let first = 0; first < x.length; first += width) {
    const scale = scaleOf(x, first, width, epsilon);
    for (let i = 0; i < width; i++) out[first + i] = x[first + i]! * scale * weight[i]!;
  }
  return out;
}

/** @param dy [R,W] @returns gradients of x and weight */
export function rmsNormGradientReference<T extends Floats>(
  x: T,
  weight: T,
  dy: T,
  epsilon: number,
): { x: T; weight: T } {
  const width = weight.length;
  const out = { x: floatsLike(x, x.length), weight: floatsLike(x, width) };
  for (let first = 0; first < x.length; first += width) {
    const scale = scaleOf(x, first, width, epsilon);
    let along = 0;
    for (let i = 0; i < width; i++) along += x[first + i]! * weight[i]! * dy[first + i]!;
    for (let i = 0; i < width; i++) {
      const at = first + i;
      out.x[at] = scale * (weight[i]! * dy[at]! - (x[at]! * scale * scale * along) / width);
      out.weight[i]! += dy[at]! * x[at]! * scale;
    }
  }
  return out;
}
