/**
 * Deformable DETR's encoder (arXiv 2010.04159, section 4.1): deformable attention from every cell of all levels to all levels.
 *
 * B batch, h x w cells of a level, N cells of all levels, C channels of a feature, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { chain } from '../../nn/chain';
import { lookAtPoints } from '../../nn/deformable';
import type { LevelShape } from '../../nn/geometry';
import { convolution, linear } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import type { Memory } from '../detector';
import { feedForward, settle } from '../post-norm';
import { NORM_GROUPS, type DeformableDetrConfig } from './config';
import { groupNorm } from './group-norm';
import { centresOf, maskLevels, positionsOf } from './levels';
import { encoderLayerName, LEVEL_EMBEDDING, projectionName } from './parameters';

/** The backbone's features [B,h,w,C] as levels of width D, and those behind them, each half of the one before. */
function project(p: Parameters, c: DeformableDetrConfig, features: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const levels: tf.Tensor4D[] = [];
  for (let level = 0; level < c.levels; level++) {
    const own = features[level];
    const name = projectionName(level);
    // the first level behind the backbone's reads the feature itself, not its projection
    const from = own ?? (level === features.length ? features.at(-1)! : levels.at(-1)!);
    levels.push(groupNorm(p, `${name}.1`, convolution(p, `${name}.0`, from, { stride: own ? 1 : 2 }), NORM_GROUPS));
  }
  return levels;
}

/** Sine positions and, of each level, its embedding: [B,N,D] or [1,N,D]. */
function placesOf(p: Parameters, whole: Omit<Memory, 'tokens'>, width: number): tf.Tensor3D {
  const embeddings = tf.split(p.get<tf.Rank.R2>(LEVEL_EMBEDDING), whole.shapes.length) as tf.Tensor2D[];
  const sizes = whole.shapes.map(([h, w]) => h * w);
  const positions = tf.split(positionsOf(whole, width), sizes, 1) as tf.Tensor3D[];
  return tf.concat(
    positions.map((own, level): tf.Tensor3D => tf.add(own, embeddings[level]!)),
    1,
  );
}

/** Tokens [B,N,D] as attention `name` reads them; nothing is read from padding. @param mask [B,N] */
export function valuesOf(p: Parameters, name: string, tokens: tf.Tensor3D, mask: tf.Tensor2D | undefined): tf.Tensor3D {
  const values = linear(p, `${name}.value_proj`, tokens);
  return mask ? tf.mul(values, tf.expandDims(mask, 2)) : values;
}

function runLayers(
  p: Parameters,
  { encoder, width }: DeformableDetrConfig,
  tokens: tf.Tensor3D,
  whole: Omit<Memory, 'tokens'>,
): tf.Tensor3D {
  const places = placesOf(p, whole, width);
  const centres = centresOf(whole);
  const sampling = { heads: encoder.heads, points: encoder.points, shapes: whole.shapes, ratios: whole.ratios };
  const run = (x: tf.Tensor3D, index: number): tf.Tensor3D => {
    const layer = encoderLayerName(index);
    const name = `${layer}.self_attn`;
    const names = { offsets: `${name}.sampling_offsets`, weights: `${name}.attention_weights` };
    const asking = tf.add(x, places) as tf.Tensor3D;
    const { mixed } = lookAtPoints(p, names, asking, centres, valuesOf(p, name, x, whole.mask), sampling);
    return feedForward(p, layer, 'relu', settle(p, name, x, linear(p, `${name}.output_proj`, mixed)));
  };
  const layers = Array.from(
    { length: encoder.layers },
    (_, index) => (x: tf.Tensor3D) => scoped(`layer ${index + 1}`, () => run(x, index)),
  );
  return chain(tokens, layers);
}

/**
 * @param features [B,h,w,C] of the backbone's stages, finest first
 * @param mask [B,H,W] 1 = pixel, 0 = padding at the right and the bottom; absent where there is no padding
 */
export function runEncoder(
  p: Parameters,
  c: DeformableDetrConfig,
  features: readonly tf.Tensor4D[],
  mask: tf.Tensor3D | undefined,
): Memory {
  const levels = scoped('projection', () => project(p, c, features));
  const shapes = levels.map(({ shape }): LevelShape => [shape[1], shape[2]]);
  const whole = { shapes, ...(mask && maskLevels(mask, shapes)) };
  const flat = levels.map((x): tf.Tensor3D => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], c.width]));
  return { tokens: runLayers(p, c, tf.concat(flat, 1), whole), ...whole };
}
