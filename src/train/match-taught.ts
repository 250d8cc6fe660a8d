/**
 * Which query of the student answers for which box of the teacher: the Hungarian matching with the teacher's soft scores.
 *
 * Q queries, C classes (a softmax student's answers have one more column, for "no object"), n taught boxes.
 */
import { objectColumns, scoresOf, type SetPrediction } from '../lib/set-prediction';
import { linearSumAssignment } from '../models/matching/assignment';
import { boxCost } from '../models/matching/box-cost';
import type { Taught } from './batch';

/** DETR's matching costs for L1 and GIoU, and for the class the L1 distance of the score vectors. */
const WEIGHTS = { classes: 2, l1: 5, giou: 2 };

function costOf(prediction: SetPrediction, { boxes, scores, known }: Taught): Float64Array {
  const { queries, columns, boxes: own } = prediction;
  const count = boxes.length / 4;
  const mine = scoresOf(prediction);
  const classes = objectColumns(prediction);
  const cost = boxCost(own, boxes, WEIGHTS);
  for (let q = 0; q < queries; q++)
    for (let t = 0; t < count; t++) {
      let apart = 0;
      for (let c = 0; c < classes; c++)
        if (known?.[c] !== 0) apart += Math.abs(mine[q * columns + c]! - scores[t * classes + c]!);
      cost[q * count + t]! += WEIGHTS.classes * apart;
    }
  return cost;
}

/** Pairs of the least total cost: `rows` are queries, `columns` taught boxes. */
export function matchTaught(prediction: SetPrediction, taught: Taught): { rows: Int32Array; columns: Int32Array } {
  return linearSumAssignment(costOf(prediction, taught), prediction.queries, taught.boxes.length / 4);
}
