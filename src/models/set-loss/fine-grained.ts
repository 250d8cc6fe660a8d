/**
 * Losses of the distributions of edges (D-FINE, arXiv 2410.13842, section 4): fine-grained localisation (equation 6) and the
 * decoupled distillation of the last layer's distributions into those before it (equation 7).
 *
 * S sets (a layer of an image each), Q queries, n + 1 bins of an edge; edges are left, top, right, bottom.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../../kernels/untraced';
import { overlaps } from '../../nn/box-overlap';
import { stopGradient } from '../../nn/tape';
import { weightingFunction } from '../fine-edges/edges';
import type { FineGrained } from './recipe';
import type { SetTargets } from './targets';

/** Softens the distributions that are distilled. */
const TEMPERATURE = 5;
/** Of a reference box without size. */
const EPSILON = 1e-16;

/** What a layer says of its edges. */
export interface EdgeAnswers {
  /** [S,Q,4 (n + 1)] logits. */
  corners: tf.Tensor3D;
  /** [S,Q,4] cxcywh: the box whose edges the distributions move; no gradient goes to it. */
  reference: tf.Tensor3D;
  /** [S,Q,4] cxcywh that the layer answers. */
  boxes: tf.Tensor3D;
}

/** Offset [S,Q,4] of every edge of the target from the reference's, in the units of W(n). */
function offsetsOf(reference: tf.Tensor3D, target: tf.Tensor3D, scale: number): tf.Tensor3D {
  const [centre, size] = tf.split(reference, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const [targetCentre, targetSize] = tf.split(target, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const half = tf.mul(targetSize, 0.5);
  const low = tf.sub(centre, tf.sub(targetCentre, half));
  const high = tf.sub(tf.add(targetCentre, half), centre);
  const unit = tf.add(tf.div(size, scale), EPSILON);
  return tf.sub(tf.concat([tf.div(low, unit), tf.div(high, unit)], 2), scale / 2);
}

/**
 * The distribution [S,Q,4,n + 1] that an offset stands for: shared between the two bins around it, or the outermost bin. A bin's
 * share rises from the bin before it and falls to the one behind.
 */
function distributionOf(offsets: tf.Tensor3D, { bins, up, regScale }: FineGrained): tf.Tensor4D {
  const w = weightingFunction(bins, up, regScale);
  const inside = tf.expandDims(tf.clipByValue(offsets, w[0]!, w[bins]!), 3); // S,Q,4,1
  // Beyond the ends lies a bin at a distance of 1, so that their own share there is at least 1.
  const before = w.map((value, j) => (j === 0 ? value - 1 : w[j - 1]!));
  const behind = w.map((value, j) => (j === bins ? value + 1 : w[j + 1]!));
  const gap = (to: Float32Array): tf.Tensor1D => tf.tensor1d(w.map((value, j) => 1 / Math.abs(to[j]! - value)));
  const rise = tf.mul(tf.sub(inside, tf.tensor1d(before)), gap(before));
  const fall = tf.mul(tf.sub(tf.tensor1d(behind), inside), gap(behind));
  return tf.clipByValue(tf.minimum(rise, fall), 0, 1) as tf.Tensor4D;
}

/** [S,Q,4,n + 1] */
const byEdge = (corners: tf.Tensor3D, bins: number): tf.Tensor4D => {
  const [sets, queries] = corners.shape;
  return tf.reshape(corners, [sets, queries, 4, bins + 1]);
};

/**
 * Fine-grained localisation: cross entropy of each matched edge with its target's distribution, weighted by the box's IoU (a constant).
 * @returns [S], each divided as `targets` say; gradient to the corners
 */
export function fineGrainedLoss(
  { corners, reference, boxes }: EdgeAnswers,
  targets: Pick<SetTargets, 'boxes' | 'present' | 'scale'>,
  edges: FineGrained,
): tf.Tensor1D {
  const [wanted, weight] = untraced(() => {
    const { iou } = overlaps(boxes, targets.boxes);
    return [
      distributionOf(offsetsOf(reference, targets.boxes, edges.regScale), edges),
      tf.mul(tf.mul(iou, targets.present), tf.expandDims(targets.scale, 1)),
    ] as const;
  });
  const entropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(byEdge(corners, edges.bins)), wanted), 3)); // S,Q,4
  return tf.sum(tf.mul(tf.sum(entropy, 2), weight), 1);
}

/** Sum over the bins of teacher (log teacher - log student) for every edge [S,Q,4]; no gradient to the teacher. */
function divergence(corners: tf.Tensor3D, teacher: tf.Tensor3D, bins: number): tf.Tensor3D {
  const soft = (x: tf.Tensor3D): tf.Tensor => tf.logSoftmax(tf.div(byEdge(x, bins), TEMPERATURE));
  const theirs = untraced(() => soft(teacher));
  const share = untraced(() => tf.exp(theirs));
  return tf.sum(tf.mul(share, tf.sub(theirs, soft(corners))), 3);
}

/**
 * What decides how much matched and other queries count in the distillation, from the numbers of pairs alone: their two means are mixed
 * by the roots of their numbers.
 * @param matched [S] pairs of each image
 * @param counted [S] images that anybody labelled; the others say nothing
 * @returns [S,2] packed: the weight of a matched query, and of another
 */
export function distillationShares(
  matched: readonly number[],
  counted: readonly boolean[],
  queries: number,
): Float32Array<ArrayBuffer> {
  const labelled = counted.filter(Boolean).length;
  const images = Math.max(1, labelled);
  const pairs = 4 * matched.reduce((sum, count, image) => sum + (counted[image] ? count : 0), 0);
  const others = 4 * queries * labelled - pairs;
  const [near, far] = [Math.sqrt(pairs / images), Math.sqrt(others / images)];
  const unit = TEMPERATURE ** 2 / Math.max(EPSILON, near + far);
  const shares = [(near / Math.max(1, pairs)) * unit, (far / Math.max(1, others)) * unit];
  return Float32Array.from(counted.flatMap((on) => shares.map((share) => (on ? share : 0))));
}

/**
 * Decoupled distillation: divergence from the last layer's distributions, over matched queries weighted by their IoU and over the others
 * weighted by the last layer's score.
 * @param targets of this layer's own matching, S images
 * @param shares [S,2] as `distillationShares` says
 * @returns one number for the batch; gradient to the corners
 */
export function edgeDistillation(
  { corners, boxes }: EdgeAnswers,
  teacher: { corners: tf.Tensor3D; logits: tf.Tensor3D },
  targets: Pick<SetTargets, 'boxes' | 'present'>,
  shares: tf.Tensor2D,
  { bins }: FineGrained,
): tf.Scalar {
  const weight = untraced(() => {
    const { present } = targets;
    const [near, far] = tf.split(shares, 2, 1) as [tf.Tensor, tf.Tensor]; // S,1
    const score = tf.max(tf.sigmoid(teacher.logits), 2);
    const { iou } = overlaps(boxes, targets.boxes);
    return tf.add(tf.mul(tf.mul(iou, present), near), tf.mul(tf.mul(score, tf.sub(1, present)), far));
  });
  const each = tf.sum(divergence(corners, stopGradient(teacher.corners), bins), 2); // S,Q
  return tf.sum(tf.mul(each, weight));
}
