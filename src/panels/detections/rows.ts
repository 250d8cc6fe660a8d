/** The table's rows: what is shown of the current image at a whole layer. */
import type { PixelXyxy } from '../../lib/boxes';
import { shownAt } from '../../lib/layers';
import type { ImageDetections } from '../../lib/types';
import { classNameOf } from '../../state/model';

export interface Row {
  /** One query may be listed with more than one class. */
  key: string;
  query: number;
  name: string;
  /** 0..1. */
  score: number;
  box: PixelXyxy;
}

export function sameRow(a: Row, b: Row): boolean {
  return a.key === b.key && a.name === b.name && a.score === b.score && a.box.every((edge, at) => edge === b.box[at]);
}

export interface ClassCount {
  name: string;
  count: number;
}

/** Every detection at or above the threshold, best first, hidden classes included. */
export function rowsOf(result: ImageDetections, names: readonly string[], layer: number, threshold: number): Row[] {
  return shownAt(result, layer, threshold).map(({ query, label, score, box }) => ({
    key: `${query}/${label}`,
    query,
    name: classNameOf(names, label),
    score,
    box,
  }));
}

/** Classes by how often they are found, most often first, then by name. */
export function countClasses(rows: readonly Row[]): ClassCount[] {
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}
