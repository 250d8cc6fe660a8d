/**
 * The set loss in plain numbers: the reward "minus the set loss of the layer" needs no gradient, and the tensors' one is
 * tested against it.
 */
import { focalReference } from '../../kernels/focal/reference';
import { matchabilityReference, varifocalReference } from '../../kernels/varifocal/reference';
import { overlapOf } from '../../lib/box-overlap';
import { expectSet, type Labels, type Match, type SetPrediction } from '../../lib/set-prediction';
import type { SetLossRecipe } from './recipe';
import { LEAST_WEIGHT } from './set-loss';

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Cross entropy of every query, weighted, over the sum of the weights. @param classes [Q], -1 for none */
function softmaxLoss({ queries, columns, logits }: SetPrediction, classes: Int32Array, noObject: number): number {
  let [entropy, weights] = [0, 0];
  for (let q = 0; q < queries; q++) {
    const row = logits.subarray(q * columns, (q + 1) * columns);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((all, x) => all + Math.exp(x - most), 0);
    const found = classes[q]! >= 0;
    const weight = found ? 1 : noObject;
    entropy += weight * (most + Math.log(total) - row[found ? classes[q]! : columns - 1]!);
    weights += weight;
  }
  return entropy / Math.max(LEAST_WEIGHT, weights);
}

/**
 * Class and box loss of one layer of one image, divided by max(1, T) (the softmax loss by its weights).
 * @throws DetectorError `internal` when an array has the wrong length or a label names no class
 */
export function plainSetLoss(
  prediction: SetPrediction,
  labels: Labels,
  match: Match,
  recipe: SetLossRecipe,
): { classes: number; boxes: number } {
  expectSet('setLoss', prediction, labels);
  const { weights } = recipe;
  const { queries, columns, logits, boxes } = prediction;
  const classes = new Int32Array(queries).fill(-1);
  const quality = new Float64Array(queries);
  let box = 0;
  match.queries.forEach((query, pair) => {
    const label = match.labels[pair]!;
    const { iou, giou } = overlapOf(boxes, query, labels.boxes, label);
    classes[query] = labels.classes[label]!;
    quality[query] = iou;
    for (let i = 0; i < 4; i++) box += weights.l1 * Math.abs(boxes[4 * query + i]! - labels.boxes[4 * label + i]!);
    box += weights.giou * (1 - giou);
  });
  const scale = 1 / Math.max(1, labels.classes.length);
  const exact = Float64Array.from(logits);
  const classLoss = {
    varifocal: () => scale * sum(varifocalReference(exact, classes, quality, columns, recipe)),
    matchability: () => scale * sum(matchabilityReference(exact, classes, quality, columns, recipe)),
    focal: () => scale * sum(focalReference(exact, classes, columns, recipe)),
    softmax: () => softmaxLoss(prediction, classes, recipe.noObject),
  };
  return { classes: weights.classes * classLoss[recipe.classes](), boxes: scale * box };
}
