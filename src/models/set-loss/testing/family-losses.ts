/**
 * The training losses of Hugging Face's implementations, by their names, for parity tests: every layer is matched on its own and
 * divided by the labels of the whole batch.
 *
 * What the names mean. DETR and Deformable DETR: `loss_ce`, `loss_bbox`, `loss_giou`, `cardinality_error` of the last decoder layer and
 * the same with `_i` of decoder layer i + 1, all without weights (a two-stage selection has no loss there). RT-DETR, RT-DETRv2
 * and D-FINE: `loss_vfl`, `loss_bbox`, `loss_giou`, weighted, and with `_aux_i` first the decoder layers before the last,
 * then the query selection (its chosen queries). D-FINE in evaluation predicts only in its last layer, so its `_aux_0` is the
 * selection, and without other layers it has no losses of the distributions.
 *
 * B images, Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { objectColumns, type Labels, type Scoring, type SetPrediction } from '../../../lib/set-prediction';
import type { LayerId } from '../../../lib/types';
import { untraced } from '../../../kernels/untraced';
import { match } from '../../matching/match';
import type { SetLossRecipe } from '../recipe';
import { setLossParts } from '../set-loss';
import { setTargets } from '../targets';

export interface FamilyAnswers {
  /** Where it is 'select' it is the query selection's answer, else a decoder layer's in order. */
  layer?: LayerId;
  /** [B,Q,C] */
  logits: tf.Tensor3D;
  /** [B,Q,4] */
  boxes: tf.Tensor3D;
}

export type FamilyLosses = Record<string, tf.Scalar>;

const scoringOf = ({ classes }: SetLossRecipe): Scoring => (classes === 'softmax' ? 'softmax' : 'sigmoid');

async function predictionsOf({ logits, boxes }: FamilyAnswers, scoring: Scoring): Promise<SetPrediction[]> {
  const [images, queries, columns] = logits.shape;
  const [l, b] = (await Promise.all([logits.data(), boxes.data()])) as [Float32Array, Float32Array];
  return Array.from({ length: images }, (_, image) => ({
    queries,
    columns,
    scoring,
    logits: l.slice(image * queries * columns, (image + 1) * queries * columns),
    boxes: b.slice(image * queries * 4, (image + 1) * queries * 4),
  }));
}

/** Whether a query says that there is something. */
function finds(prediction: SetPrediction, query: number): boolean {
  const { columns, logits, scoring } = prediction;
  const row = logits.subarray(query * columns, (query + 1) * columns);
  const best = Math.max(...row.subarray(0, objectColumns(prediction)));
  return scoring === 'softmax' ? best >= row[columns - 1]! : best > 0;
}

/** Mean over the images of the difference between queries that find something and labels. */
function cardinalityError(predictions: readonly SetPrediction[], labels: readonly Labels[]): number {
  const errors = predictions.map((prediction, image) => {
    const found = Array.from({ length: prediction.queries }, (_, q) => q).filter((q) => finds(prediction, q));
    return Math.abs(found.length - labels[image]!.classes.length);
  });
  return errors.reduce((a, b) => a + b) / errors.length;
}

interface LayerLosses {
  classes: tf.Scalar;
  l1: tf.Scalar;
  giou: tf.Scalar;
  cardinality: number;
}

async function layerLosses(
  recipe: SetLossRecipe,
  { logits, boxes: free }: FamilyAnswers,
  labels: readonly Labels[],
): Promise<LayerLosses> {
  // The implementations cut D-FINE's boxes; those behind a sigmoid lie inside anyway.
  const boxes: tf.Tensor3D = tf.clipByValue(free, 0, 1);
  const predictions = await predictionsOf({ logits, boxes }, scoringOf(recipe));
  const sets = predictions.map((one, image) => ({
    labels: labels[image]!,
    match: match(one, labels[image]!, recipe.match),
  }));
  const targets = untraced(() => setTargets(logits.shape[1], sets, { scale: 'batch' }));
  const { classes, l1, giou } = setLossParts(logits, boxes, targets, recipe);
  const total = (each: tf.Tensor1D): tf.Scalar => tf.sum(each);
  const cardinality = cardinalityError(predictions, labels);
  return { classes: total(classes), l1: total(l1), giou: total(giou), cardinality };
}

/**
 * Every loss of the dictionary and `total`, with gradients to logits and boxes. Run where its tensors are freed together
 * (gradientsOf); it waits for the answers in order to match them.
 * @param layers decoder layers in order and at most one 'select': `trace.layers`, or `decoderLayers(trace)` where the selection
 * has no loss (Deformable DETR)
 * @param labels of each image
 */
export async function familyLosses(
  recipe: SetLossRecipe,
  layers: readonly FamilyAnswers[],
  labels: readonly Labels[],
): Promise<FamilyLosses> {
  const realTime = recipe.classes === 'varifocal';
  const decoder = layers.filter(({ layer }) => layer !== 'select');
  const ordered = [...decoder.slice(-1), ...decoder.slice(0, -1), ...layers.filter(({ layer }) => layer === 'select')];
  const { weights } = recipe;
  const losses: FamilyLosses = {};
  let sum = tf.scalar(0);
  for (const [at, answers] of ordered.entries()) {
    const suffix = at === 0 ? '' : realTime ? `_aux_${at - 1}` : `_${at - 1}`;
    const { classes, l1, giou, cardinality } = await layerLosses(recipe, answers, labels);
    const parts = [
      [realTime ? 'loss_vfl' : 'loss_ce', classes, weights.classes],
      ['loss_bbox', l1, weights.l1],
      ['loss_giou', giou, weights.giou],
    ] as const;
    for (const [name, value, weight] of parts) {
      const weighted: tf.Scalar = tf.mul(value, weight);
      losses[name + suffix] = realTime ? weighted : value;
      sum = tf.add(sum, weighted);
    }
    if (!realTime) losses[`cardinality_error${suffix}`] = tf.scalar(cardinality);
  }
  return { ...losses, total: sum };
}
