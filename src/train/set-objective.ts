/**
 * The KL to the labels of ../shared/design/rl.md: the family's set loss of the path without noise, in every layer, and of the
 * query selection (over the chosen queries, or over every token as in Deformable DETR, arXiv 2010.04159, section 4).
 *
 * S layers, B images, Q queries, N memory tokens.
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

/** Answers that are compared with the labels: of a layer [B,Q,.], or of every token for the query selection [B,N,.]. */
export type Answers = Pick<LayerTrace, 'logits' | 'boxes'>;

export interface SetLosses {
  /** [S] means over the labelled images. */
  classes: tf.Tensor1D;
  boxes: tf.Tensor1D;
}

/**
 * Class and box loss of every layer. Run where its tensors are freed together (gradientsOf).
 * @param layers S of the same shape, traced
 * @param matches [S][B] as `matchAll` gives them for these answers
 */
export function setLosses(
  layers: readonly Answers[],
  labels: readonly (Labels | null)[],
  matches: readonly (readonly Match[])[],
): SetLosses {
  const queries = layers[0]!.logits.shape[1];
  const labelled = Math.max(1, labels.filter((one) => one !== null).length);
  const sets = layers.flatMap((_, layer) =>
    labels.map((one, image) => ({ labels: one ?? NO_LABELS, match: matches[layer]![image]! })),
  );
  const stacked = (pick: 'logits' | 'boxes'): tf.Tensor3D => tf.concat(layers.map((layer) => layer[pick])); // S B,Q,.
  const each = setLoss(stacked('logits'), stacked('boxes'), setTargets(queries, sets));
  // An image that nobody labelled says nothing about what is not there.
  const counted = tf.tensor2d(
    labels.map((one) => (one ? 1 / labelled : 0)),
    [1, labels.length],
  );
  const perLayer = (part: tf.Tensor1D): tf.Tensor1D =>
    tf.sum(tf.mul(tf.reshape(part, [layers.length, labels.length]), counted), 1);
  return { classes: perLayer(each.classes), boxes: perLayer(each.boxes) };
}
