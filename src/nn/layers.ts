/**
 * Layers over the kernels: functions of named parameters, so that the same forward pass serves detection, training, a frozen
 * copy and an averaged one.
 *
 * B batch, T target tokens, S source tokens, D width, M heads, H hidden width.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { attentionWeights } from '../kernels/attention/composed';
import { attention as attentionOp } from '../kernels/attention/op';
import { conv2d, type Activation } from '../kernels/conv2d/op';
import { layerNorm as layerNormOp } from '../kernels/layer-norm/op';
import { linear as linearOp } from '../kernels/matmul/op';
import { rmsNorm as rmsNormOp } from '../kernels/rms-norm/op';
import { swiglu as swigluOp } from '../kernels/swiglu/op';
import type { Parameters } from './parameters';

/** x [..., I] -> [..., O] by <name>.weight [I,O], <name>.bias [O]. */
export function linear<T extends tf.Tensor>(
  p: Parameters,
  name: string,
  x: T,
  options: { activation?: Activation; residual?: T } = {},
): T {
  return linearOp(x, p.linearWeight(`${name}.weight`), { bias: p.get<tf.Rank.R1>(`${name}.bias`), ...options }) as T;
}

/** Linear layers <names> with an activation between them. */
export function mlp<T extends tf.Tensor>(p: Parameters, names: readonly string[], x: T, activation: Activation): T {
  return names.reduce((y, name, index) => linear(p, name, y, index < names.length - 1 ? { activation } : {}), x);
}

/** rms(x + residual) * weight over the last axis (arXiv 1910.07467). */
export function rmsNorm<T extends tf.Tensor>(p: Parameters, weight: string, x: T, residual?: T): T {
  return rmsNormOp(x, p.get<tf.Rank.R1>(weight), residual ? { residual } : {}) as T;
}

/** Layer norm of x + residual over the last axis (arXiv 1607.06450) by <name>.weight and <name>.bias [D]. */
export function layerNorm<T extends tf.Tensor>(p: Parameters, name: string, x: T, residual?: T): T {
  const [weight, bias] = [p.get<tf.Rank.R1>(`${name}.weight`), p.get<tf.Rank.R1>(`${name}.bias`)];
  return layerNormOp(x, weight, bias, residual ? { residual } : {}) as T;
}

/** down(silu(gate x) * up x), gate and up side by side in <joined> (arXiv 2002.05202). */
export function swiglu<T extends tf.Tensor>(p: Parameters, joined: string, down: string, x: T, residual?: T): T {
  return linear(p, down, swigluOp(linear(p, joined, x)) as T, residual ? { residual } : {});
}

export interface ConvolutionOptions {
  stride?: number;
  /** Zeros on each side; 'half' is (kernel - 1) / 2 all round, PyTorch's usual. */
  padding?: { top: number; bottom: number; left: number; right: number };
  /** Input cells from one tap of the kernel to the next; default 1. */
  dilation?: number;
  activation?: Activation;
  scale?: number;
  shift?: number;
  residual?: tf.Tensor4D;
}

/** x [B,H,W,I] -> [B,H',W',O] by <name>.weight [kh,kw,I,O], <name>.bias [O]; padding defaults to half of what the kernel spans. */
export function convolution(
  p: Parameters,
  name: string,
  x: tf.Tensor4D,
  options: ConvolutionOptions = {},
): tf.Tensor4D {
  const filter = p.get<tf.Rank.R4>(`${name}.weight`);
  const { stride = 1, dilation = 1, padding = halfPadding(filter.shape[0], dilation), ...rest } = options;
  const bias = p.get<tf.Rank.R1>(`${name}.bias`);
  return conv2d(x, filter, { bias, strides: [stride, stride], dilation, padding, ...rest });
}

export function halfPadding(
  kernel: number,
  dilation = 1,
): { top: number; bottom: number; left: number; right: number } {
  const half = dilation * ((kernel - 1) >> 1);
  return { top: half, bottom: half, left: half, right: half };
}

export interface AttendOptions {
  /** [B,S] float32: 1 for a source token that is seen, 0 for one that is not (padding). */
  keyMask?: tf.Tensor2D | undefined;
  /** Whether to give the weights too: more work, and memory for all of them. */
  weights?: boolean;
}

/**
 * Multi-head scaled dot-product attention (arXiv 1706.03762, section 3.2): q [B,T,D], k and v [B,S,D].
 * @param heads M, a divisor of D
 * @returns mixed [B,T,D]; weights [B,M,T,S] if they are wanted, rows of sum 1
 */
export function attend(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  { keyMask, weights: wanted = false }: AttendOptions = {},
): { mixed: tf.Tensor3D; weights?: tf.Tensor4D } {
  // the weights are computed apart, so that whoever looks at them gets the same answer to the last bit
  const mixed = attentionOp(q, k, v, heads, { keyMask });
  return wanted ? { mixed, weights: attentionWeights(q, k, heads, keyMask) } : { mixed };
}

/** `attend` to all of the source, the result alone: [B,T,D]. */
export function attention(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, heads: number): tf.Tensor3D {
  return attend(q, k, v, heads).mixed;
}
