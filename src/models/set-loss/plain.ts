/**
 * The set loss in plain numbers: the reward "minus the set loss of the layer" needs no gradient, and the tensors' one is
 * tested against it.
 */
import { overlapOf } from '../../lib/box-overlap';
import { expectSet, type Labels, type Match, type SetPrediction } from '../../lib/set-prediction';
import { varifocalReference } from '../../kernels/varifocal/reference';
import { GIOU_WEIGHT, L1_WEIGHT } from './set-loss';

/**
 * Class and box loss of one layer of one image, divided by max(1, T).
 * @throws DetectorError `internal` when an array has the wrong length or a label names no class
 */
export function plainSetLoss(
  prediction: SetPrediction,
  labels: Labels,
  match: Match,
): { classes: number; boxes: number } {
  expectSet('setLoss', prediction, labels);
  const { queries, columns, logits, boxes } = prediction;
  const classes = new Int32Array(queries).fill(-1);
  const quality = new Float64Array(queries);
  let box = 0;
  match.queries.forEach((query, pair) => {
    const label = match.labels[pair]!;
    const { iou, giou } = overlapOf(boxes, query, labels.boxes, label);
    classes[query] = labels.classes[label]!;
    quality[query] = iou;
    for (let i = 0; i < 4; i++) box += L1_WEIGHT * Math.abs(boxes[4 * query + i]! - labels.boxes[4 * label + i]!);
    box += GIOU_WEIGHT * (1 - giou);
  });
  const each = varifocalReference(Float64Array.from(logits), classes, quality, columns);
  const scale = 1 / Math.max(1, labels.classes.length);
  return { classes: scale * each.reduce((sum, value) => sum + value, 0), boxes: scale * box };
}
