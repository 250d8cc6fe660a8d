/**
 * The set losses of the families on matched queries (DETR, arXiv 2005.12872, section 3.1): a class loss of the recipe's kind, L1
 * and 1 - GIoU of the boxes, each divided by a number of labels. With RT-DETR's recipe: ../shared/reference/rl_reference.py, set_loss.
 *
 * design/rl.md speaks of "KL of the label distribution" for the class term; the reference file computes the IoU-aware loss,
 * and the file decides.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { focal } from '../../kernels/focal/op';
import { expectShape } from '../../kernels/shapes';
import { untraced } from '../../kernels/untraced';
import { matchability } from '../../kernels/varifocal/matchability';
import { varifocal } from '../../kernels/varifocal/op';
import { overlaps } from '../../nn/box-overlap';
import { stopGradient } from '../../nn/tape';
import type { SetLossRecipe } from './recipe';
import { sumsTogether, type SetTargets } from './targets';

/** What a set without any weight is divided by. */
export const LEAST_WEIGHT = 1e-9;

/** The three losses [S] without the recipe's weights. */
export interface SetLossParts {
  classes: tf.Tensor1D;
  l1: tf.Tensor1D;
  giou: tf.Tensor1D;
}

export interface SetLoss {
  /** [S] */
  classes: tf.Tensor1D;
  /** [S] L1 and 1 - GIoU, weighted. */
  boxes: tf.Tensor1D;
}

/**
 * Cross entropy with "no object" as the last column, where a query that stands for nothing has the weight `noObject`: divided by
 * the sum of the weights (torch's weighted mean), not by the number of labels.
 */
function softmaxLoss(logits: tf.Tensor3D, targets: SetTargets, noObject: number): tf.Tensor1D {
  const [sets, queries, columns] = logits.shape;
  const weight = untraced(() => {
    const none = tf.sub(1, targets.present);
    const each = tf.add(targets.present, tf.mul(none, noObject));
    const sums = sumsTogether(
      // Above zero even where nothing is found and "no object" has no weight.
      targets.matched.map((count) => Math.max(LEAST_WEIGHT, count + noObject * (queries - count))),
      targets.together,
    );
    return tf.div(each, tf.tensor2d(sums, [sets, 1]));
  });
  const wanted = untraced(() => {
    const { classes } = targets;
    const columnOf = tf.where(tf.less(classes, 0), tf.fill(classes.shape, columns - 1, 'int32'), classes);
    return tf.oneHot(columnOf, columns, 1, 0, 'float32');
  });
  const entropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), wanted), 2));
  return tf.sum(tf.mul(entropy, weight), 1);
}

/**
 * Every loss of every set on its own, with gradients to logits and boxes.
 * @param logits [S,Q,C] before the sigmoid or softmax
 * @param boxes [S,Q,4] cxcywh as fractions
 * @throws DetectorError `internal` when shapes do not fit
 */
export function setLossParts(
  logits: tf.Tensor3D,
  boxes: tf.Tensor3D,
  targets: SetTargets,
  recipe: Pick<SetLossRecipe, 'classes' | 'alpha' | 'gamma' | 'noObject'>,
): SetLossParts {
  const [sets, queries] = targets.classes.shape;
  expectShape('setLoss', 'logits', logits.shape, [sets, queries, 'C']);
  expectShape('setLoss', 'boxes', boxes.shape, [sets, queries, 4]);
  const { iou, giou } = overlaps(boxes, targets.boxes);
  const distance = tf.sum(tf.abs(tf.sub(boxes, targets.boxes)), 2) as tf.Tensor2D;
  const ofMatched = (each: tf.Tensor): tf.Tensor1D =>
    tf.mul(tf.sum(tf.mul(each, targets.present), 1) as tf.Tensor1D, targets.scale);
  const byLabels = (sum: tf.Tensor1D): tf.Tensor1D => tf.mul(sum, targets.scale);
  const classLoss = {
    varifocal: () => byLabels(varifocal(logits, targets.classes, stopGradient(iou), recipe)),
    matchability: () => byLabels(matchability(logits, targets.classes, stopGradient(iou), recipe)),
    focal: () => byLabels(focal(logits, targets.classes, recipe)),
    softmax: () => softmaxLoss(logits, targets, recipe.noObject),
  };
  return { classes: classLoss[recipe.classes](), l1: ofMatched(distance), giou: ofMatched(tf.sub(1, giou)) };
}

/**
 * Class and box loss of every set with the recipe's weights, with gradients to logits and boxes.
 * @param logits [S,Q,C] before the sigmoid or softmax
 * @param boxes [S,Q,4] cxcywh as fractions
 * @throws DetectorError `internal` when shapes do not fit
 */
export function setLoss(logits: tf.Tensor3D, boxes: tf.Tensor3D, targets: SetTargets, recipe: SetLossRecipe): SetLoss {
  const { classes, l1, giou } = setLossParts(logits, boxes, targets, recipe);
  const { weights } = recipe;
  return {
    classes: tf.mul(classes, weights.classes),
    boxes: tf.add(tf.mul(l1, weights.l1), tf.mul(giou, weights.giou)),
  };
}
