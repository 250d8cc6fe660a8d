/**
 * Batch norm (arXiv 1502.03167) with statistics that stay, folded into the convolution before it.
 *
 * I input width, O output width, C channels, kh x kw kernel.
 */
import type { Part } from './parameters';

/** PyTorch's default. */
export const NORM_EPSILON = 1e-5;

export interface ConvNormShape {
  input: number;
  output: number;
  kernel: number;
  /** One filter a channel: [C,1,kh,kw] -> [kh,kw,C,1]. */
  depthwise?: boolean;
}

/** The tensors of a convolution without bias and the batch norm behind it. */
export function convNormParts(conv: string, norm: string, { input, output, kernel, depthwise }: ConvNormShape): Part[] {
  return [
    { tensor: `${conv}.weight`, shape: [output, depthwise ? 1 : input, kernel, kernel] },
    ...['weight', 'bias', 'running_mean', 'running_var'].map((part) => ({
      tensor: `${norm}.${part}`,
      shape: [output],
    })),
  ];
}

/** Folds batch norm: w' = w * g, b' = beta - mean * g with g = gamma / sqrt(var + eps). */
export function fold([weight, gamma, beta, mean, variance]: readonly Float32Array[]): {
  weight: Float32Array;
  bias: Float32Array;
} {
  const output = gamma!.length;
  const each = weight!.length / output;
  const folded = new Float32Array(weight!.length);
  const bias = new Float32Array(output);
  for (let o = 0; o < output; o++) {
    const gain = gamma![o]! / Math.sqrt(variance![o]! + NORM_EPSILON);
    bias[o] = beta![o]! - mean![o]! * gain;
    for (let k = 0; k < each; k++) folded[o * each + k] = weight![o * each + k]! * gain;
  }
  return { weight: folded, bias };
}

/**
 * A batch norm that leaves a convolution as it is: variance 1, and a gamma whose gain 1 + 7e-9 is nearer to 1 than float32
 * tells apart, so that folding again gives the same bits.
 */
export const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
export const neutralGamma = (count: number): Float32Array => new Float32Array(count).fill(Math.sqrt(1 + NORM_EPSILON));
