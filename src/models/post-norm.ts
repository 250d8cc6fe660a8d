/**
 * What encoder and decoder layers of DETR, Deformable DETR, RT-DETR and D-FINE are made of: attention whose queries and keys have
 * positions added, and the feed-forward network, both with the norm behind them (post-norm; DETR, arXiv 2005.12872, appendix A.3,
 * figure 10). Tensors by the hub's older names: <layer>.self_attn.{q,k,v,out}_proj, <layer>.self_attn_layer_norm,
 * <layer>.{fc1,fc2,final_layer_norm}.
 *
 * B batch, T target tokens, S source tokens, D width, M heads.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../kernels/conv2d/op';
import { attend, layerNorm, linear, type AttendOptions } from '../nn/layers';
import type { Parameters } from '../nn/parameters';

export interface Sources {
  /** [B,S,D] */
  key: tf.Tensor3D;
  value: tf.Tensor3D;
}

/** Keys and values as attention `name` projects them. @param placed tokens with their positions, @param tokens without: [B,S,D] */
export function project(p: Parameters, name: string, placed: tf.Tensor3D, tokens: tf.Tensor3D): Sources {
  return { key: linear(p, `${name}.k_proj`, placed), value: linear(p, `${name}.v_proj`, tokens) };
}

/**
 * Attention `name` of targets with their positions [B,T,D] to projected sources, up to and with the output's projection.
 * @returns seen [B,T,D]; weights [B,M,T,S] if they are wanted
 */
export function look(
  p: Parameters,
  name: string,
  placed: tf.Tensor3D,
  { key, value }: Sources,
  heads: number,
  options: AttendOptions = {},
): { seen: tf.Tensor3D; weights?: tf.Tensor4D } {
  const query = linear(p, `${name}.q_proj`, placed);
  const { mixed, ...rest } = attend(query, key, value, heads, options);
  return { seen: linear(p, `${name}.out_proj`, mixed), ...rest };
}

/** norm(x + seen) behind attention `name`. */
export function settle(p: Parameters, name: string, x: tf.Tensor3D, seen: tf.Tensor3D): tf.Tensor3D {
  return layerNorm(p, `${name}_layer_norm`, x, seen);
}

/** norm(x + fc2(activation(fc1 x))) of layer `name`. */
export function feedForward(p: Parameters, name: string, activation: Activation, x: tf.Tensor3D): tf.Tensor3D {
  const inner = linear(p, `${name}.fc1`, x, { activation });
  return layerNorm(p, `${name}.final_layer_norm`, x, linear(p, `${name}.fc2`, inner));
}
