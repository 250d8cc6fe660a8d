/**
 * Deformable attention (Deformable DETR, arXiv 2010.04159, eq. 3): around boxes, with RT-DETRv2's and D-FINE's scaling of
 * offsets, and at points, where an offset of 1 is a cell.
 *
 * B batch, Q queries, N tokens, D width, M heads, K sampling points of a head over all levels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deformableAttention } from '../kernels/deformable-attention/op';
import { linear as linearOp } from '../kernels/matmul/op';
import { softmax } from '../kernels/reduce/op';
import type { LevelShape } from './geometry';
import { linear } from './layers';
import type { Parameters } from './parameters';

export interface BoxSampling {
  heads: number;
  /** Sampling points of each level; their sum is K. */
  points: readonly number[];
  shapes: readonly LevelShape[];
  /** [B,levels,2] (x, y): the part of each level that lies on the image; all of it where this is absent. */
  ratios?: tf.Tensor3D | undefined;
}

/** Parameters of the two linears over the query: offsets [D, M*K*2] and weights [D, M*K]. */
export interface SamplingNames {
  offsets: string;
  weights: string;
}

/** Tokens [B,N,D] that are not projected yet, and the name of the linear [D,D] that does it. */
export interface Unprojected {
  tokens: tf.Tensor3D;
  projection: string;
}

/** What an attention says, and what it looked at. */
export interface Looked {
  /** [B,Q,D], before any output projection. */
  mixed: tf.Tensor3D;
  /** [B,Q,M,K,2] (x, y) as fractions of the image; computed when asked for. */
  places(): tf.Tensor5D;
  /** [B,Q,M,K] */
  weights: tf.Tensor4D;
}

/** An offset of 1 is this part of the box, divided by the level's number of points. */
const OFFSET_SCALE = 0.5;

/** A number or more of each level, once for each of its samples. */
const perSample = <T>(points: readonly number[], of: (level: number) => T[]): T[] =>
  points.flatMap((count, level) => Array.from({ length: count }, () => of(level)).flat());

/** [1,1,1,K,1]: 0.5 / points of each sample's level. */
function offsetScale(points: readonly number[]): tf.Tensor {
  const scales = perSample(points, (level) => [OFFSET_SCALE / points[level]!]);
  return tf.tensor(scales, [1, 1, 1, scales.length, 1]);
}

/** [1,1,1,K,2]: (x, y) of a cell of each sample's level, as fractions of the level. */
function cellSizes(points: readonly number[], shapes: readonly LevelShape[]): tf.Tensor {
  const sizes = perSample(points, (level) => [1 / shapes[level]![1], 1 / shapes[level]![0]]);
  return tf.tensor(sizes, [1, 1, 1, sizes.length / 2, 2]);
}

/** [B,1,1,K,2]: each sample's ratios. */
function ratiosOfSamples(ratios: tf.Tensor3D, points: readonly number[]): tf.Tensor {
  const levels = tf.tensor1d(
    perSample(points, (level) => [level]),
    'int32',
  );
  return tf.reshape(tf.gather(ratios, levels, 1), [ratios.shape[0], 1, 1, levels.size, 2]);
}

/**
 * Samples first and projects then, each head by its own columns: as sampling is linear, the same as the other way round, and less work
 * where few queries look at many tokens. The bias counts by how much of the samples lies on the levels: beyond them all is 0.
 */
function projectedSamples(
  p: Parameters,
  { tokens, projection }: Unprojected,
  locations: tf.Tensor5D,
  weights: tf.Tensor4D,
  levels: { shapes: readonly LevelShape[]; points: readonly number[] },
): tf.Tensor3D {
  const [batch, queries, heads, samples] = weights.shape;
  const [, count, width] = tokens.shape;
  const [places, parts] = [
    tf.reshape(locations, [batch, queries * heads, 1, samples, 2]) as tf.Tensor5D,
    tf.reshape(weights, [batch, queries * heads, 1, samples]) as tf.Tensor4D,
  ];
  const mixed = deformableAttention(tokens, places, parts, levels);
  const covered = deformableAttention(tf.ones([batch, count, 4]), places, parts, levels); // B,Q M,4
  const all = linearOp(mixed, p.linearWeight(`${projection}.weight`), {});
  // Of every head's samples only its own columns.
  const own = tf.reshape(tf.eye(heads), [1, heads, heads, 1]);
  const each = tf.mul(tf.reshape(all, [batch * queries, heads, heads, width / heads]), own);
  const bias = tf.reshape(p.get<tf.Rank.R1>(`${projection}.bias`), [1, heads, width / heads]);
  const share = tf.reshape(tf.slice(covered, [0, 0, 0], [-1, -1, 1]), [batch * queries, heads, 1]);
  return tf.reshape(tf.add(tf.sum(each, 1), tf.mul(share, bias)), [batch, queries, width]);
}

/**
 * Reads the levels where the query says.
 * @param centre [B,Q,1,1,2] fractions of the image
 * @param placed makes of offsets [B,Q,M,K,2] and each sample's ratios (nothing: 1) how far from the centre a sample lies, in
 *   fractions of its level
 */
function look(
  p: Parameters,
  names: SamplingNames,
  query: tf.Tensor3D,
  value: tf.Tensor3D | Unprojected,
  { heads, points, shapes, ratios }: BoxSampling,
  centre: tf.Tensor,
  placed: (offsets: tf.Tensor, ratios: tf.Tensor | undefined) => tf.Tensor,
): Looked {
  const [batch, queries] = query.shape;
  const samples = points.reduce((sum, count) => sum + count, 0);
  const valid = ratios && ratiosOfSamples(ratios, points);
  const offsets = tf.reshape(linear(p, names.offsets, query), [batch, queries, heads, samples, 2]);
  const around = placed(offsets, valid);
  const locations = tf.add(valid ? tf.mul(centre, valid) : centre, around) as tf.Tensor5D;
  const weights: tf.Tensor4D = softmax(tf.reshape(linear(p, names.weights, query), [batch, queries, heads, samples]));
  const levels = { shapes, points };
  const mixed =
    'projection' in value
      ? projectedSamples(p, value, locations, weights, levels)
      : deformableAttention(value, locations, weights, levels);
  return { mixed, places: () => (valid ? tf.div(locations, valid) : locations), weights };
}

/**
 * Samples around boxes: an offset of 1 is half the box, divided by the level's number of points.
 * @param query [B,Q,D]
 * @param boxes [B,Q,4] cxcywh as fractions of the image
 * @param value [B,N,D], or what it is made of
 */
export function lookAroundBoxes(
  p: Parameters,
  names: SamplingNames,
  query: tf.Tensor3D,
  boxes: tf.Tensor3D,
  value: tf.Tensor3D | Unprojected,
  sampling: BoxSampling,
): Looked {
  const [batch, queries] = boxes.shape;
  const [centre, size] = tf.split(tf.reshape(boxes, [batch, queries, 1, 1, 4]), 2, 4) as [tf.Tensor, tf.Tensor];
  return look(p, names, query, value, sampling, centre, (offsets, ratios) => {
    const scaled = tf.mul(offsets, tf.mul(offsetScale(sampling.points), size));
    return ratios ? tf.mul(scaled, ratios) : scaled;
  });
}

/**
 * @param query [B,Q,D]
 * @param points [B,Q,2] or [1,Q,2], (x, y) as fractions of the image; gradient to them
 * @param value [B,N,D]
 */
export function lookAtPoints(
  p: Parameters,
  names: SamplingNames,
  query: tf.Tensor3D,
  points: tf.Tensor3D,
  value: tf.Tensor3D,
  sampling: BoxSampling,
): Looked {
  const [batch, queries] = points.shape;
  const centre = tf.reshape(points, [batch, queries, 1, 1, 2]);
  const cells = cellSizes(sampling.points, sampling.shapes);
  return look(p, names, query, value, sampling, centre, (offsets) => tf.mul(offsets, cells));
}
