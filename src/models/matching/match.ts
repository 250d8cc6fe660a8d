/**
 * Hungarian matching of predictions and labels (DETR, arXiv 2005.12872, section 3.1) with the costs of Deformable DETR
 * (arXiv 2010.04159, appendix A.4), weighted by the family's recipe. ../shared/reference/rl_reference.py, match.
 *
 * Q queries, C class columns, T labels, M = min(Q, T).
 */
import { expectSet, scoresOf, type Labels, type Match, type SetPrediction } from '../../lib/set-prediction';
import type { MatchWeights } from '../set-loss/recipe';
import { linearSumAssignment } from './assignment';
import { boxCost } from './box-cost';

/** The focal loss's balance and its guard of the logarithm; its exponent is 2. */
const ALPHA = 0.25;
const LOG_EPSILON = 1e-8;

/** What the class column's loss would change if the query stood for that class. @param p score 0..1 */
function focalCost(p: number): number {
  const positive = ALPHA * (1 - p) ** 2 * -Math.log(p + LOG_EPSILON);
  const negative = (1 - ALPHA) * p ** 2 * -Math.log(1 - p + LOG_EPSILON);
  return positive - negative;
}

/** Class cost [Q] of one class; the others' columns are not computed. */
function classCost(of: SetPrediction, scores: Float64Array | undefined, c: number): Float64Array {
  const { queries, columns, logits } = of;
  const cost = new Float64Array(queries);
  // Sigmoid scores stand alone, those of a softmax are of their row.
  for (let q = 0, at = c; q < queries; q++, at += columns)
    cost[q] = scores ? -scores[at]! : focalCost(1 / (1 + Math.exp(-logits[at]!)));
  return cost;
}

/**
 * Cost of every pair: class + L1 - GIoU, weighted. The class cost is the focal one for sigmoid scores and -p for softmax (DETR).
 * @returns [Q,T] packed by queries
 * @throws DetectorError `internal` when an array has the wrong length or a label names no class
 */
export function matchingCost(prediction: SetPrediction, labels: Labels, weights: MatchWeights): Float64Array {
  expectSet('matching', prediction, labels);
  const { queries, boxes, scoring } = prediction;
  const scores = scoring === 'softmax' ? scoresOf(prediction) : undefined;
  const count = labels.classes.length;
  const cost = boxCost(boxes, labels.boxes, weights);
  const ofClasses = new Map<number, Float64Array>();
  for (let t = 0; t < count; t++) {
    const label = labels.classes[t]!;
    const ofClass = ofClasses.get(label) ?? classCost(prediction, scores, label);
    ofClasses.set(label, ofClass);
    for (let q = 0; q < queries; q++) cost[q * count + t]! += weights.classes * ofClass[q]!;
  }
  return cost;
}

/**
 * The pairs of the least total cost.
 * @param weights the recipe's, `detector.setLoss.match`
 * @returns M pairs, queries ascending; none without labels
 * @throws DetectorError `internal`, also where a box or a labelled class's logit is not a number
 */
export function match(prediction: SetPrediction, labels: Labels, weights: MatchWeights): Match {
  const cost = matchingCost(prediction, labels, weights);
  const { rows, columns } = linearSumAssignment(cost, prediction.queries, labels.classes.length);
  return { queries: rows, labels: columns };
}
