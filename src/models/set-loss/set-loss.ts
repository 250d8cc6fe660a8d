/**
 * The set loss of RT-DETR (arXiv 2304.08069, section 4.2) on matched queries: IoU-aware class loss + 5 L1 + 2 (1 - GIoU),
 * each divided by the set's number of labels. ../shared/reference/rl_reference.py, set_loss.
 *
 * design/rl.md speaks of "KL of the label distribution" for the class term; the reference file computes the IoU-aware loss,
 * and the file decides.
 *
 * S sets (a layer of an image each), Q queries, C class columns, T labels of a set. All sets go through in one batch:
 * targets lie dense over the queries, with zeros where a query stands for nothing, so there is no gather, no scatter and no
 * read-back.
 */
import * as tf from '@tensorflow/tfjs-core';
import { varifocal } from '../../kernels/varifocal/op';
import { expectShape, expectThat } from '../../kernels/shapes';
import type { Labels, Match } from '../../lib/set-prediction';
import { overlaps } from '../../nn/box-overlap';
import { stopGradient } from '../../nn/tape';

export const L1_WEIGHT = 5;
export const GIOU_WEIGHT = 2;

/** A box of its own for queries that stand for nothing: its loss has weight 0, and its gradient must be finite. */
const NOWHERE = [0.5, 0.5, 1, 1];

/** What the queries of all sets are compared with. Constants; dispose them with `disposeTargets`. */
export interface SetTargets {
  /** [S,Q] int32 class columns, -1 for none. */
  classes: tf.Tensor2D;
  /** [S,Q,4] */
  boxes: tf.Tensor3D;
  /** [S,Q] 1 where the query stands for a label, else 0. */
  present: tf.Tensor2D;
  /** [S] 1 / max(1, T). */
  scale: tf.Tensor1D;
}

/**
 * Uploads what a batch of sets is compared with.
 * @param queries Q
 * @param sets labels and pairs of each set; pairs from `match`, or made by construction (denoising queries)
 * @throws DetectorError `internal` when a pair points outside
 */
export function setTargets(queries: number, sets: readonly { labels: Labels; match: Match }[]): SetTargets {
  const classes = new Int32Array(sets.length * queries).fill(-1);
  const boxes = Float32Array.from({ length: sets.length * queries * 4 }, (_, i) => NOWHERE[i % 4]!);
  const present = new Float32Array(sets.length * queries);
  sets.forEach(({ labels, match }, set) => {
    match.queries.forEach((query, pair) => {
      const label = match.labels[pair] ?? -1;
      const fits = query >= 0 && query < queries && label >= 0 && label < labels.classes.length;
      expectThat(
        'setLoss',
        fits,
        `expected a query below ${queries} and a label below ${labels.classes.length}, got ${query} and ${label} in set ${set}`,
      );
      const at = set * queries + query;
      classes[at] = labels.classes[label]!;
      present[at] = 1;
      boxes.set(labels.boxes.subarray(label * 4, label * 4 + 4), at * 4);
    });
  });
  const scale = sets.map(({ labels }) => 1 / Math.max(1, labels.classes.length));
  return {
    classes: tf.tensor2d(classes, [sets.length, queries], 'int32'),
    boxes: tf.tensor3d(boxes, [sets.length, queries, 4]),
    present: tf.tensor2d(present, [sets.length, queries]),
    scale: tf.tensor1d(scale),
  };
}

export function disposeTargets(targets: SetTargets): void {
  tf.dispose([targets.classes, targets.boxes, targets.present, targets.scale]);
}

export interface SetLoss {
  /** [S] */
  classes: tf.Tensor1D;
  /** [S] 5 L1 + 2 (1 - GIoU). */
  boxes: tf.Tensor1D;
}

/**
 * Class and box loss of every set, with gradients to logits and boxes.
 * @param logits [S,Q,C] before the sigmoid
 * @param boxes [S,Q,4] cxcywh as fractions
 * @throws DetectorError `internal` when shapes do not fit
 */
export function setLoss(logits: tf.Tensor3D, boxes: tf.Tensor3D, targets: SetTargets): SetLoss {
  const [sets, queries] = targets.classes.shape;
  expectShape('setLoss', 'logits', logits.shape, [sets, queries, 'C']);
  expectShape('setLoss', 'boxes', boxes.shape, [sets, queries, 4]);
  const { iou, giou } = overlaps(boxes, targets.boxes);
  const distance = tf.sum(tf.abs(tf.sub(boxes, targets.boxes)), 2) as tf.Tensor2D;
  const each = tf.add(tf.mul(distance, L1_WEIGHT), tf.mul(tf.sub(1, giou), GIOU_WEIGHT));
  return {
    classes: tf.mul(varifocal(logits, targets.classes, stopGradient(iou)), targets.scale),
    boxes: tf.mul(tf.sum(tf.mul(each, targets.present), 1) as tf.Tensor1D, targets.scale),
  };
}
