/**
 * The KL to the labels of ../shared/design/rl.md: the family's set loss of the path without noise, in every layer, and of the
 * query selection where there is one (over the chosen queries, or over every token as in Deformable DETR, arXiv 2010.04159,
 * section 4).
 *
 * S layers, B images, Q queries, N memory tokens.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import { decoderLayers, selectionOf, type Detector, type LayerTrace, type Trace } from '../models/detector';
import { match } from '../models/matching/match';
import type { SetLossRecipe } from '../models/set-loss/recipe';
import { setLoss } from '../models/set-loss/set-loss';
import { setTargets, type SetTargets } from '../models/set-loss/targets';
import { edgeObjective } from './edge-objective';
import { labelledMean, NO_PAIRS, setsOf } from './labelled';
import { readPredictions } from './predictions';

/** [S][B], pairs of unlabelled images are empty. */
export function matchAll(
  predictions: readonly (readonly SetPrediction[])[],
  labels: readonly (Labels | null)[],
  recipe: SetLossRecipe,
): Match[][] {
  return predictions.map((layer) =>
    layer.map((prediction, image) => (labels[image] ? match(prediction, labels[image], recipe.match) : NO_PAIRS)),
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
  recipe: SetLossRecipe,
): SetLosses {
  const queries = layers[0]!.logits.shape[1];
  const sets = layers.flatMap((_, layer) => setsOf(labels, matches[layer]!));
  return lossesAgainst(layers, setTargets(queries, sets), labelledMean(labels), recipe);
}

/**
 * Class and box loss of every layer against targets that are there already.
 * @param targets of S B sets, layer by layer
 * @param counted [B] weight of each image in the means
 */
export function lossesAgainst(
  layers: readonly Answers[],
  targets: SetTargets,
  counted: tf.Tensor1D,
  recipe: SetLossRecipe,
): SetLosses {
  const stacked = (pick: 'logits' | 'boxes'): tf.Tensor3D => tf.concat(layers.map((layer) => layer[pick])); // S B,Q,.
  const each = setLoss(stacked('logits'), stacked('boxes'), targets, recipe);
  const perLayer = (part: tf.Tensor1D): tf.Tensor1D =>
    tf.sum(tf.mul(tf.reshape(part, [layers.length, counted.size]), counted), 1);
  return { classes: perLayer(each.classes), boxes: perLayer(each.boxes) };
}

export interface SetObjective {
  /** Decoder layers, auxiliary answers and query selection, with the settings' weights. */
  loss: tf.Scalar;
  /** Of the decoder layers. */
  layers: SetLosses;
  /** [K][B] of the decoder layers. */
  predictions: SetPrediction[][];
  matches: Match[][];
}

export const totalOf = ({ classes, boxes }: SetLosses): tf.Scalar => tf.sum(tf.add(classes, boxes));

/** What D-FINE's and DEIMv2's first layer says before its distribution is refined: the only way to its own box head. */
function auxiliaryAnswers({ extras }: Trace): Answers[] {
  const [logits, boxes] = [extras['pre.logits'], extras['pre.boxes']];
  return logits && boxes ? [{ logits: logits as tf.Tensor3D, boxes: boxes as tf.Tensor3D }] : [];
}

/**
 * What the query selection answers for, where it predicts: the queries it chose, or every token. (Two-stage Deformable DETR ranks
 * its proposals by one column alone, which is no class: nothing there is compared with classes.)
 */
function selectionAnswers(trace: Trace, { selectionLoss }: TrainSettings): Answers[] {
  const chosen = selectionOf(trace);
  if (!chosen) return [];
  if (selectionLoss === 'chosen') return [chosen];
  const { 'select.logits': logits, 'select.boxes': boxes } = trace.extras;
  return [{ logits: logits as tf.Tensor3D, boxes: boxes as tf.Tensor3D }];
}

/** What is compared with the labels beside the decoder's layers, each matched for itself, with its weight above zero. */
export function otherAnswers(trace: Trace, settings: TrainSettings): { answers: Answers; weight: number }[] {
  const { betaGt, selection } = settings;
  return [
    ...auxiliaryAnswers(trace).map((answers) => ({ answers, weight: betaGt })),
    ...selectionAnswers(trace, settings).map((answers) => ({ answers, weight: betaGt * selection })),
  ].filter(({ weight }) => weight > 0);
}

/**
 * Waits for the answers, matches them, and gives the set losses. Run inside gradientsOf.
 * @param trace with dense answers where the settings' selectionLoss is 'dense'
 * @param labels of each image; null: nobody has labelled it
 */
export async function setObjective(
  detector: Detector,
  trace: Trace,
  labels: readonly (Labels | null)[],
  settings: TrainSettings,
): Promise<SetObjective> {
  const { betaGt } = settings;
  const { setLoss: recipe, scoring } = detector;
  const decoder = decoderLayers(trace);
  const predictions = await readPredictions(decoder, scoring);
  const matches = matchAll(predictions, labels, recipe);
  const layers = setLosses(decoder, labels, matches, recipe);
  let loss = tf.mul(totalOf(layers), betaGt) as tf.Scalar;
  for (const { answers, weight } of otherAnswers(trace, settings)) {
    const pairs = matchAll(await readPredictions([answers], scoring), labels, recipe);
    loss = tf.add(loss, tf.mul(totalOf(setLosses([answers], labels, pairs, recipe)), weight));
  }
  const edges = edgeObjective(trace, labels, matches, recipe);
  return { loss: edges ? tf.add(loss, tf.mul(edges, betaGt)) : loss, layers, predictions, matches };
}
