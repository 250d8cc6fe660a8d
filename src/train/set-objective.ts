/**
 * The KL to the labels of ../shared/design/rl.md: the family's set loss of the path without noise, in every layer, and of the
 * query selection.
 *
 * S layers (select first), K = S - 1 decoder layers, B images, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { LayerTrace } from '../models/detector';
import { match } from '../models/matching/match';
import { setLoss, setTargets } from '../models/set-loss/set-loss';

const NO_LABELS: Labels = { classes: [], boxes: new Float32Array(0) };
const NO_PAIRS: Match = { queries: new Int32Array(0), labels: new Int32Array(0) };

/** [S][B], pairs of unlabelled images are empty. */
export function matchAll(
  predictions: readonly (readonly SetPrediction[])[],
  labels: readonly (Labels | null)[],
): Match[][] {
  return predictions.map((layer) =>
    layer.map((prediction, image) => (labels[image] ? match(prediction, labels[image]) : NO_PAIRS)),
  );
}

export interface SetObjective {
  /** Sum over layers of class and box loss, mean over the labelled images, with the weights. */
  loss: tf.Scalar;
  /** [S] means over the labelled images, without weights. */
  classes: tf.Tensor1D;
  boxes: tf.Tensor1D;
}

/**
 * Run where its tensors are freed together (gradientsOf).
 * @param layers the answers of the query selection and of every decoder layer, traced
 * @param matches [S][B] as `matchAll` gives them for these answers
 * @param weights of the query selection and of a decoder layer
 */
export function setObjective(
  layers: readonly LayerTrace[],
  labels: readonly (Labels | null)[],
  matches: readonly (readonly Match[])[],
  weights: { selection: number; layer: number },
): SetObjective {
  const queries = layers[0]!.logits.shape[1];
  const labelled = Math.max(1, labels.filter((one) => one !== null).length);
  const sets = layers.flatMap((_, layer) =>
    labels.map((one, image) => ({ labels: one ?? NO_LABELS, match: matches[layer]![image]! })),
  );
  const targets = setTargets(queries, sets);
  const stacked = (pick: 'logits' | 'boxes'): tf.Tensor3D => tf.concat(layers.map((layer) => layer[pick])); // S B,Q,.
  const each = setLoss(stacked('logits'), stacked('boxes'), targets);
  const shape = [layers.length, labels.length] as const;
  // An image that nobody labelled says nothing about what is not there.
  const counted = tf.tensor2d(labels.map((one) => (one ? 1 / labelled : 0)), [1, labels.length]);
  const perLayer = (part: tf.Tensor1D): tf.Tensor1D => tf.sum(tf.mul(tf.reshape(part, [...shape]), counted), 1);
  const [classes, boxes] = [perLayer(each.classes), perLayer(each.boxes)];
  const weight = tf.tensor1d(layers.map(({ layer }) => (layer === 'select' ? weights.selection : weights.layer)));
  return { loss: tf.sum(tf.mul(tf.add(classes, boxes), weight)), classes, boxes };
}
