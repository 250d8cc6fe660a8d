/**
 * What the boxes of every pair cost: L1 less GIoU (DETR, arXiv 2005.12872, equation 9), weighted. The formulas of lib/box-overlap over
 * tens of thousands of pairs at a time, which have to be there in milliseconds: the ends and areas of a box are computed once.
 *
 * Q predicted boxes, T labelled ones.
 */
import { LEAST_AREA } from '../../lib/box-overlap';
import type { MatchWeights } from '../set-loss/recipe';

/** Each [count]. */
interface Columns {
  left: Float64Array;
  top: Float64Array;
  right: Float64Array;
  bottom: Float64Array;
  area: Float64Array;
}

function columnsOf(boxes: Float32Array): Columns {
  const count = boxes.length / 4;
  const make = (): Float64Array => new Float64Array(count);
  const columns: Columns = { left: make(), top: make(), right: make(), bottom: make(), area: make() };
  const { left, top, right, bottom, area } = columns;
  for (let box = 0; box < count; box++) {
    const at = 4 * box;
    left[box] = boxes[at]! - boxes[at + 2]! / 2;
    top[box] = boxes[at + 1]! - boxes[at + 3]! / 2;
    right[box] = boxes[at]! + boxes[at + 2]! / 2;
    bottom[box] = boxes[at + 1]! + boxes[at + 3]! / 2;
    area[box] = Math.max(0, boxes[at + 2]!) * Math.max(0, boxes[at + 3]!);
  }
  return columns;
}

/** GIoU (arXiv 1902.09630) of what two boxes cover together, of what encloses both and of their areas' sum. */
function giouOf(inside: number, hull: number, areas: number): number {
  const union = areas - inside;
  return inside / Math.max(union, LEAST_AREA) - (hull - union) / Math.max(hull, LEAST_AREA);
}

/**
 * @param predicted [Q,4] @param labelled [T,4], both packed cxcywh as fractions
 * @returns [Q,T] packed by predictions: l1 * |difference| - giou * GIoU
 */
export function boxCost(
  predicted: Float32Array,
  labelled: Float32Array,
  { l1, giou }: Pick<MatchWeights, 'l1' | 'giou'>,
): Float64Array {
  const [queries, count] = [predicted.length / 4, labelled.length / 4];
  const { left, top, right, bottom, area } = columnsOf(labelled);
  const mine = columnsOf(predicted);
  const cost = new Float64Array(queries * count);
  for (let q = 0; q < queries; q++) {
    const [x0, y0, x1, y1, own] = [mine.left[q]!, mine.top[q]!, mine.right[q]!, mine.bottom[q]!, mine.area[q]!];
    for (let t = 0; t < count; t++) {
      const inside =
        Math.max(0, Math.min(x1, right[t]!) - Math.max(x0, left[t]!)) *
        Math.max(0, Math.min(y1, bottom[t]!) - Math.max(y0, top[t]!));
      const hull =
        Math.max(0, Math.max(x1, right[t]!) - Math.min(x0, left[t]!)) *
        Math.max(0, Math.max(y1, bottom[t]!) - Math.min(y0, top[t]!));
      let distance = 0;
      for (let i = 0; i < 4; i++) distance += Math.abs(predicted[4 * q + i]! - labelled[4 * t + i]!);
      cost[q * count + t] = l1 * distance - giou * giouOf(inside, hull, own + area[t]!);
    }
  }
  return cost;
}
