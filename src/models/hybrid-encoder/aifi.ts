/**
 * Attention inside one level (AIFI, RT-DETR, arXiv 2304.08069, section 4.2): post-norm transformer layers over the cells of a
 * level, the sine position added to queries and keys. D-FINE's encoder has the same.
 *
 * B batch, h x w cells, S = h w tokens, D width, M heads, H hidden width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import type { Activation } from '../../kernels/conv2d/op';
import { piecewise } from '../../nn/checkpointing';
import type { ParameterRule, Parameters } from '../../nn/parameters';
import { linear as linearRules, norm } from '../../nn/rules';
import { feedForward, look, project, settle } from '../post-norm';

export interface AifiConfig {
  /** D, a multiple of 4 and of M. */
  readonly width: number;
  /** M */
  readonly heads: number;
  /** H */
  readonly hidden: number;
  /** Between the two linear layers; 'gelu' in every checkpoint of the hub. */
  readonly activation: Activation;
  readonly layers: number;
}

export const aifiLayer = (name: string, index: number): string => `${name}.layers.${index}`;

/** The hub's older names, which are the files' own: <name>.layers.<i>.{self_attn, self_attn_layer_norm, fc1, fc2, final_layer_norm}. */
export function aifiRules(name: string, { width, hidden, layers }: AifiConfig): ParameterRule[] {
  return Array.from({ length: layers }, (_, index) => {
    const layer = aifiLayer(name, index);
    return [
      ...['q', 'k', 'v', 'out'].flatMap((part) =>
        linearRules('encoder', `${layer}.self_attn.${part}_proj`, width, width),
      ),
      ...norm('encoder', `${layer}.self_attn_layer_norm`, width),
      ...linearRules('encoder', `${layer}.fc1`, width, hidden),
      ...linearRules('encoder', `${layer}.fc2`, hidden, width),
      ...norm('encoder', `${layer}.final_layer_norm`, width),
    ];
  }).flat();
}

/** One layer's tokens. */
export interface AifiTokens {
  /** [B,S,D] */
  tokens: tf.Tensor3D;
  /** The same with their positions. */
  placed: tf.Tensor3D;
}

/** What targets [B,T,D] (with their positions) see of a layer's tokens, up to and with the output's projection. @returns [B,T,D] */
export function lookAt(
  p: Parameters,
  layer: string,
  { heads }: AifiConfig,
  targets: tf.Tensor3D,
  { tokens, placed }: AifiTokens,
): tf.Tensor3D {
  const name = `${layer}.self_attn`;
  return look(p, name, targets, project(p, name, placed, tokens), heads).seen;
}

/** The layer behind its attention's answer [B,S,D]. */
export function behindLook(
  p: Parameters,
  layer: string,
  { activation }: AifiConfig,
  x: tf.Tensor3D,
  answer: tf.Tensor3D,
): tf.Tensor3D {
  return feedForward(p, layer, activation, settle(p, `${layer}.self_attn`, x, answer));
}

/**
 * @param x [B,h,w,D]
 * @param positions [1,h*w,D], of `rowColumnPositions`
 * @returns [B,h,w,D]
 */
export function runAifi(
  p: Parameters,
  name: string,
  c: AifiConfig,
  x: tf.Tensor4D,
  positions: tf.Tensor3D,
): tf.Tensor4D {
  const [batch, h, w, width] = x.shape;
  let tokens: tf.Tensor3D = tf.reshape(x, [batch, h * w, width]);
  for (let index = 0; index < c.layers; index++) {
    const layer = aifiLayer(name, index);
    const run = (own: tf.Tensor3D): tf.Tensor3D => {
      const placed: tf.Tensor3D = tf.add(own, positions);
      return behindLook(p, layer, c, own, lookAt(p, layer, c, placed, { tokens: own, placed }));
    };
    const entering = tokens;
    tokens = scoped(`attention ${index + 1}`, () => piecewise(run, entering));
  }
  return tf.reshape(tokens, x.shape);
}
