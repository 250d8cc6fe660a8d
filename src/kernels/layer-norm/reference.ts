/** Plain loops for layer normalisation and its gradient. R rows of W numbers. */
import { floatsLike, type Floats } from '../floats';

/** Mean and 1 / sqrt(variance + epsilon) of the row that starts at `first`. */
function statisticsOf(x: Floats, first: number, width: number, epsilon: number): { mean: number; scale: number } {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += x[first + i]!;
  const mean = sum / width;
  let squares = 0;
  for (let i = 0; i < width; i++) squares += (x[first + i]! - mean) ** 2;
  return { mean, scale: 1 / Math.sqrt(squares / width + epsilon) };
}

/** @param x [R,W] @param weight [W] @param bias [W] @returns [R,W] */
export function layerNormReference<T extends Floats>(x: T, weight: T, bias: T, epsilon: number): T {
  const width = weight.length;
  const out = floatsLike(x, x.length);
  for (let first = 0; first < x.length; first += width) {
    const { mean, scale } = statisticsOf(x, first, width, epsilon);
    for (let i = 0; i < width; i++) out[first + i] = (x[first + i]! - mean) * scale * weight[i]! + bias[i]!;
  }
  return out;
}

/** @param dy [R,W] @returns gradients of x, weight and bias */
export function layerNormGradientReference<T extends Floats>(
  x: T,
  weight: T,
  dy: T,
  epsilon: number,
): { x: T; weight: T; bias: T } {
  const width = weight.length;
  const out = { x: floatsLike(x, x.length), weight: floatsLike(x, width), bias: floatsLike(x, width) };
  for (let first = 0; first < x.length; first += width) {
    const { mean, scale } = statisticsOf(x, first, width, epsilon);
    let [level, along] = [0, 0];
    for (let i = 0; i < width; i++) {
      const [normed, d] = [(x[first + i]! - mean) * scale, dy[first + i]!];
      level += (weight[i]! * d) / width;
      along += (weight[i]! * d * normed) / width;
      out.weight[i]! += d * normed;
      out.bias[i]! += d;
    }
    for (let i = 0; i < width; i++) {
      const at = first + i;
      out.x[at] = scale * (weight[i]! * dy[at]! - level - (x[at]! - mean) * scale * along);
    }
  }
  return out;
}
