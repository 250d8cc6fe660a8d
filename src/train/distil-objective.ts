/**
 * Knowledge distillation: the student learns what a teacher says of the same view (Hinton et al., arXiv 1503.02531: soft class
 * scores; for set prediction as in DETRDistill, arXiv 2211.10156: teacher's boxes as targets of a Hungarian matching, and dense
 * scores of the encoder). Where scores are sigmoids the divergence is a binary one in every column; softmax: distil-softmax.ts.
 *
 * S layers (select first, where there is one), B images, Q queries, C classes, n taught boxes, N memory tokens.
 */
import * as tf from '@tensorflow/tfjs-core';
import { overlaps } from '../nn/box-overlap';
import { objectColumns, type SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import type { Trace } from '../models/detector';
import type { SetLossRecipe } from '../models/set-loss/recipe';
import { softmaxDivergence } from './distil-softmax';
import { matchTaught } from './match-taught';
import { memoryObjective } from './memory-objective';
import type { Taught } from './batch';

/** DETR's weights of L1 and GIoU. */
const L1 = 5;
const GIOU = 2;
/** A query without a taught box is compared with an empty box of its own, with weight 0. */
const NOWHERE = [0.5, 0.5, 1, 1];

/** Binary cross-entropy of logits with soft targets, each: max(x,0) - x t + log(1 + exp(-|x|)). */
function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const softplus = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), softplus);
}

/** What is said of classes that the teacher does not know counts nothing: a student may know more. */
function ofKnown(each: tf.Tensor, [first]: readonly Taught[]): tf.Tensor {
  return first?.known ? tf.mul(each, tf.tensor3d(first.known, [1, 1, first.known.length])) : each;
}

/** Squared distance of the scores: columns that agree weigh little (quality focal loss, arXiv 2006.04388, beta 2). */
function focus(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.square(tf.sub(tf.sigmoid(logits), targets));
}

interface Targets {
  /** [S B,Q,C] */
  scores: tf.Tensor3D;
  /** [S B,Q,4] */
  boxes: tf.Tensor3D;
  /** [S B,Q] 1 / max(1, n) where the query stands for a taught box, else 0. */
  weight: tf.Tensor2D;
  /** [S B,1,1] 1 / max(1, n) */
  scale: tf.Tensor3D;
}

function targetsOf(predictions: readonly (readonly SetPrediction[])[], taught: readonly Taught[]): Targets {
  const { queries } = predictions[0]![0]!;
  const columns = objectColumns(predictions[0]![0]!);
  const rows = predictions.length * taught.length;
  const scores = new Float32Array(rows * queries * columns);
  const boxes = Float32Array.from({ length: rows * queries * 4 }, (_, i) => NOWHERE[i % 4]!);
  const weight = new Float32Array(rows * queries);
  const scale = new Float32Array(rows);
  predictions.forEach((layer, s) =>
    layer.forEach((prediction, image) => {
      const row = s * taught.length + image;
      const target = taught[image]!;
      scale[row] = 1 / Math.max(1, target.boxes.length / 4);
      const { rows: own, columns: theirs } = matchTaught(prediction, target);
      own.forEach((query, pair) => {
        const [at, from] = [row * queries + query, theirs[pair]!];
        weight[at] = scale[row]!;
        boxes.set(target.boxes.subarray(4 * from, 4 * from + 4), 4 * at);
        scores.set(target.scores.subarray(columns * from, columns * (from + 1)), columns * at);
      });
    }),
  );
  return {
    scores: tf.tensor3d(scores, [rows, queries, columns]),
    boxes: tf.tensor3d(boxes, [rows, queries, 4]),
    weight: tf.tensor2d(weight, [rows, queries]),
    scale: tf.tensor3d(scale, [rows, 1, 1]),
  };
}

/** Mean over places of the divergence from the teacher's dense scores; null where the teacher has none. */
function denseLoss(trace: Trace, taught: readonly Taught[]): tf.Scalar | null {
  const logits = trace.extras['select.logits'];
  const known = taught.flatMap(({ dense }) => (dense ? [dense] : []));
  if (!logits || known.length !== taught.length) return null;
  const targets = tf.stack(known.map((values) => tf.tensor(values, logits.shape.slice(1))));
  const each = ofKnown(tf.mul(crossEntropy(logits, targets), focus(logits, targets)), taught);
  // By the sum of what is there, as the quality focal loss is: places of nothing are thousands.
  const present = tf.maximum(tf.sum(targets), 1);
  return tf.div(tf.sum(each), present) as tf.Scalar;
}

/** Every score on its own, by the taught boxes of its image. */
function sigmoidDivergence(logits: tf.Tensor3D, { scores, scale }: Targets, taught: readonly Taught[]): tf.Scalar {
  const entropy = ofKnown(tf.mul(crossEntropy(logits, scores), focus(logits, scores)), taught);
  return tf.sum(tf.mul(entropy, scale));
}

/**
 * Sum over all layers, mean over the images, with the settings' weights. Run inside gradientsOf.
 * @param predictions [S][B] the plain answers of `trace.layers`
 * @param recipe the student's: what a query without a taught box weighs, with softmax scores
 */
export function distilObjective(
  trace: Trace,
  predictions: readonly (readonly SetPrediction[])[],
  taught: readonly Taught[],
  { distilClass, distilBox, distilDense, distilMemory }: TrainSettings,
  recipe: Pick<SetLossRecipe, 'noObject'>,
): tf.Scalar {
  const targets = targetsOf(predictions, taught);
  const logits = tf.concat(trace.layers.map((layer) => layer.logits)) as tf.Tensor3D;
  const boxes = tf.concat(trace.layers.map((layer) => layer.boxes)) as tf.Tensor3D;
  const softmax = predictions[0]![0]!.scoring === 'softmax';
  const classes = softmax
    ? softmaxDivergence(logits, targets, recipe.noObject, taught[0]?.known)
    : sigmoidDivergence(logits, targets, taught);
  const distance = tf.sum(tf.abs(tf.sub(boxes, targets.boxes)), 2);
  const { giou } = overlaps(boxes, targets.boxes);
  const apart = tf.add(tf.mul(distance, L1), tf.mul(tf.sub(1, giou), GIOU));
  const box = tf.sum(tf.mul(apart, targets.weight));
  const perImage = tf.mul(tf.add(tf.mul(classes, distilClass), tf.mul(box, distilBox)), 1 / taught.length);
  const dense = distilDense > 0 ? denseLoss(trace, taught) : null;
  const memory = distilMemory > 0 ? memoryObjective(trace.memory, taught) : null;
  const terms = [perImage, dense && tf.mul(dense, distilDense), memory && tf.mul(memory, distilMemory)];
  return tf.addN(terms.filter((term) => term !== null)) as tf.Scalar;
}
