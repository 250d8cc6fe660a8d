/**
 * What is labelled, as plain data, and the changes that can be made to it: pure functions that return the same object where
 * nothing changes.
 */
import type { PixelXyxy } from '../lib/boxes';
import type { SplitName } from '../lib/training';

export interface LabelClass {
  id: string;
  /** Unique, not empty. */
  name: string;
  /** Into the palette of src/ui/drawing/colours; null: by name. */
  colour: number | null;
}

export interface LabelBox {
  id: string;
  classId: string;
  /** Pixels of the upright image, not rounded. */
  box: PixelXyxy;
  origin: 'drawn' | 'model' | 'import';
  /** Pascal VOC: hard to recognise. */
  difficult?: boolean;
  /** COCO: a region with many objects. */
  crowd?: boolean;
  /** What its file said beyond these fields (`LabelledObject['extra']` of src/data/annotations). */
  extra?: unknown;
}

export interface LabelledItem {
  boxes: LabelBox[];
  /** A person said that this image is complete, even if it is empty. */
  reviewed: boolean;
  /** What its label file said of the image (`ItemExtra` of src/app/labels-join.ts). */
  extra?: unknown;
}

/** Everything that can be undone. */
export interface LabelData {
  /** Their order is that of the classes in training and exports. */
  classes: LabelClass[];
  /** By image id. */
  items: Record<string, LabelledItem>;
  /** Chosen by hand or by a file; an image that is not here is split automatically. */
  splits: Record<string, SplitName>;
  /** What an imported set said as a whole (`LabelSet['extra']`); null where nothing was imported. */
  fileExtra: unknown;
}

export type BoxChange = Partial<Omit<LabelBox, 'id'>>;
export type NewBox = Omit<LabelBox, 'id' | 'origin'> & { origin?: LabelBox['origin'] };

export const NO_LABELS: LabelData = { classes: [], items: {}, splits: {}, fileExtra: null };
export const NO_ITEM: LabelledItem = { boxes: [], reviewed: false };

/** Whether somebody labelled it: it has boxes, or it was declared complete. */
export const isLabelled = (item: LabelledItem | undefined): boolean =>
  item !== undefined && (item.reviewed || item.boxes.length > 0);

/** Unique over reloads too: "box-1f2e…". */
export function labelId(kind: 'box' | 'class'): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `${kind}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** The record without some keys, the same one where it has none of them. */
export function withoutKeys<T>(record: Record<string, T>, keys: ReadonlySet<string>): Record<string, T> {
  const entries = Object.entries(record);
  const left = entries.filter(([key]) => !keys.has(key));
  return left.length === entries.length ? record : Object.fromEntries(left);
}

/** The items with the boxes of one image changed. */
export function withBoxes(
  items: LabelData['items'],
  image: string,
  change: (boxes: LabelBox[]) => LabelBox[],
): LabelData['items'] {
  const item = items[image] ?? NO_ITEM;
  const boxes = change(item.boxes);
  return boxes === item.boxes ? items : { ...items, [image]: { ...item, boxes } };
}

/** The items with every box changed or, where `change` returns null, removed; boxes that stay the same object stay so. */
export function withEveryBox(
  items: LabelData['items'],
  change: (box: LabelBox) => LabelBox | null,
): LabelData['items'] {
  const entries = Object.entries(items).map(([image, item]) => {
    const boxes = item.boxes.map(change).filter((box) => box !== null);
    const isSame = boxes.length === item.boxes.length && boxes.every((box, at) => box === item.boxes[at]);
    return [image, isSame ? item : { ...item, boxes }] as const;
  });
  return entries.every(([image, item]) => item === items[image]) ? items : Object.fromEntries(entries);
}

/** Boxes of class `from` in class `into`, which takes its place; the same data where one of the two is not there. */
export function mergedClasses(data: LabelData, from: string, into: string): LabelData {
  const known = (id: string): boolean => data.classes.some((each) => each.id === id);
  if (from === into || !known(from) || !known(into)) return data;
  return {
    ...data,
    classes: data.classes.filter((each) => each.id !== from),
    items: withEveryBox(data.items, (box) => (box.classId === from ? { ...box, classId: into } : box)),
  };
}

const sameRecord = <T>(a: Record<string, T>, b: Record<string, T>): boolean =>
  a === b ||
  (Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value));

/** Whether two states hold the same, seen from the parts that an action replaces. */
export const sameLabels = (a: LabelData, b: LabelData): boolean =>
  a.classes === b.classes &&
  a.fileExtra === b.fileExtra &&
  sameRecord(a.items, b.items) &&
  sameRecord(a.splits, b.splits);

export const labelDataOf = ({ classes, items, splits, fileExtra }: LabelData): LabelData => ({
  classes,
  items,
  splits,
  fileExtra,
});

/** A class that is there: the one that was active, else the first. */
export const activeIn = ({ classes }: LabelData, active: string | null): { activeClass: string | null } => ({
  activeClass: classes.find(({ id }) => id === active)?.id ?? classes[0]?.id ?? null,
});
