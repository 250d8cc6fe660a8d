/** Sums over the labels of the session. */
import type { SplitName } from '../../lib/training';
import type { LabelledItem } from '../../state/labels';

type Items = Readonly<Record<string, LabelledItem>>;

/** Boxes by class id; a class without boxes is not in it. */
export function countByClass(items: Items): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { boxes } of Object.values(items)) {
    for (const { classId } of boxes) counts.set(classId, (counts.get(classId) ?? 0) + 1);
  }
  return counts;
}

export type SplitSummary = Record<SplitName | 'unlabelled', number>;

/**
 * Images by part. One without boxes that nobody called complete is unlabelled whatever its part; a labelled one that has no
 * part yet is not counted.
 */
export function summariseSplits(
  images: readonly { id: string }[],
  items: Items,
  splits: Readonly<Record<string, SplitName>>,
): SplitSummary {
  const summary: SplitSummary = { train: 0, val: 0, none: 0, unlabelled: 0 };
  for (const { id } of images) {
    const item = items[id];
    if (!item || (item.boxes.length === 0 && !item.reviewed)) summary.unlabelled++;
    else if (splits[id]) summary[splits[id]]++;
  }
  return summary;
}
