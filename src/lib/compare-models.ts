/**
 * What two models say of one image, side by side. A detection of one is matched with one of the other where both have the
 * same class name and overlap by half; the best overlap goes first.
 */
import { overlapOf } from './box-overlap';
import { shownAt, type Shown } from './layers';
import type { ImageDetections } from './types';

export type Side = 'left' | 'right';
export const SIDES: readonly Side[] = ['left', 'right'];

/** IoU from which two boxes are the same object. */
export const SAME_IOU = 0.5;

export interface Compared extends Shown {
  /** Unique among both sides. */
  key: string;
  name: string;
}

export interface Pair {
  left: Compared;
  right: Compared;
  iou: number;
}

export interface Comparison {
  /** Best overlap first. */
  pairs: Pair[];
  /** Found by one side alone, best first. */
  only: Record<Side, Compared[]>;
}

/** Index of the layer at `fraction` of the way from the first to the last; models of different depths keep in step. */
export function layerAtFraction(layers: number, fraction: number | null): number {
  const last = Math.max(layers - 1, 0);
  return fraction === null ? last : Math.round(Math.min(Math.max(fraction, 0), 1) * last);
}

/**
 * Detections of one side with score >= threshold, best first.
 * @param names class names of the model that made the result
 */
export function comparedAt(
  side: Side,
  result: ImageDetections,
  names: readonly string[],
  fraction: number | null,
  threshold: number,
): Compared[] {
  return shownAt(result, layerAtFraction(result.layers.length, fraction), threshold).map((shown) => ({
    ...shown,
    key: `${side}/${shown.query}/${shown.label}`,
    name: names[shown.label] ?? `class ${shown.label}`,
  }));
}

const plain = (name: string): string => name.trim().toLowerCase();

/** Boxes of a list, packed as `overlapOf` reads them. */
function packed(list: readonly Compared[]): Float64Array {
  return Float64Array.from(
    list.flatMap(({ box: [x0, y0, x1, y1] }) => [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]),
  );
}

function candidates(left: readonly Compared[], right: readonly Compared[]): Pair[] {
  const [a, b] = [packed(left), packed(right)];
  return left.flatMap((one, i) =>
    right.flatMap((other, j) => {
      if (plain(one.name) !== plain(other.name)) return [];
      const { iou } = overlapOf(a, i, b, j);
      return iou >= SAME_IOU ? [{ left: one, right: other, iou }] : [];
    }),
  );
}

/** Every detection is in one pair or in one of the lists of `only`. */
export function compareModels(left: readonly Compared[], right: readonly Compared[]): Comparison {
  const taken = new Set<string>();
  const pairs: Pair[] = [];
  for (const pair of candidates(left, right).sort((x, y) => y.iou - x.iou)) {
    if (taken.has(pair.left.key) || taken.has(pair.right.key)) continue;
    taken.add(pair.left.key).add(pair.right.key);
    pairs.push(pair);
  }
  const rest = (list: readonly Compared[]): Compared[] => list.filter(({ key }) => !taken.has(key));
  return { pairs, only: { left: rest(left), right: rest(right) } };
}
