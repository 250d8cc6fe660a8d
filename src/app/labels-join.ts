/** Labels of files into the session's labels, and back: pure functions, exact both ways. */
import type { SplitName } from '../lib/training';
import { effectiveSplits, type LabelBox, type LabelClass, type LabelData, type LabelState } from '../state/labels';
import { isLabelled, labelId } from '../state/labels-data';
import type { ImageItem } from '../state/images';
import type { LabelledFile, LabelledSet } from './labelled-set';
import type { SplitLists } from './ports';

/** What a label file said of an image; `LabelledItem.extra`. */
export interface ItemExtra {
  /** As the file calls the image. */
  file: string;
  /** Its place in the file. */
  at: number;
  width: number;
  height: number;
  /** `LabelledImage['extra']` of src/data/annotations. */
  extra?: unknown;
}

/** Of an item's `extra`; undefined where no label file spoke of it. */
export const itemExtra = (extra: unknown): ItemExtra | undefined => extra as ItemExtra | undefined;

/** The same list where it has all of the names. */
export function joinClasses(classes: LabelClass[], names: readonly string[]): LabelClass[] {
  const added = [...new Set(names)].filter((name) => !classes.some((each) => each.name === name));
  return added.length === 0
    ? classes
    : [...classes, ...added.map((name) => ({ id: labelId('class'), name, colour: null }))];
}

/**
 * Puts the labels of a set in place of those that its images had. Classes are found by name.
 * @param images `file` to image id; files that are not in it are left out
 */
export function joinSet(data: LabelData, set: LabelledSet, images: ReadonlyMap<string, string>): LabelData {
  const classes = joinClasses(data.classes, set.classes);
  const ids = set.classes.map((name) => classes.find((each) => each.name === name)!.id);
  const items = { ...data.items };
  for (const [at, { file, width, height, objects, extra }] of set.images.entries()) {
    const image = images.get(file);
    if (image === undefined) continue;
    const boxes = objects.map(({ classIndex, ...rest }): LabelBox => ({
      ...rest,
      id: labelId('box'),
      classId: ids[classIndex]!,
      origin: 'import',
    }));
    const said: ItemExtra = { file, at, width, height, ...(extra !== undefined && { extra }) };
    // A file that lists an image says all that is on it.
    items[image] = { boxes, reviewed: true, extra: said };
  }
  const before = data.fileExtra as object | null;
  return { ...data, classes, items, fileExtra: set.extra && images.size > 0 ? { ...before, ...set.extra } : before };
}

const isHeldOut = (split: string): boolean => /^(val|dev)/i.test(split);
const isTraining = (split: string): boolean => /^train/i.test(split);
const isTest = (split: string): boolean => /^test/i.test(split);

/** What lists say of images: val before train; a test list is held out where there is no val, else left aside. */
export function splitsOfLists(lists: SplitLists): Record<string, SplitName> {
  const splits: Record<string, SplitName> = {};
  const give = (split: SplitName, is: (name: string) => boolean): void => {
    for (const [name, images] of Object.entries(lists)) {
      if (is(name)) for (const image of images) splits[image] = split;
    }
  };
  give(Object.keys(lists).some(isHeldOut) ? 'none' : 'val', isTest);
  give('train', isTraining);
  give('val', isHeldOut);
  return splits;
}

/** Training on one list: its images in training, those of the other training lists aside, held-out ones as they are. */
export function splitsForChoice(lists: SplitLists, choice: string): Record<string, SplitName> {
  const all = splitsOfLists(lists);
  const chosen = new Set(lists[choice] ?? []);
  const aside = Object.entries(all).map(([image, split]) => [image, split === 'train' ? 'none' : split] as const);
  const held = new Set(Object.entries(all).flatMap(([image, split]) => (split === 'val' ? [image] : [])));
  const train = [...chosen].filter((image) => !held.has(image)).map((image) => [image, 'train'] as const);
  return Object.fromEntries([...aside, ...train]);
}

/** Names of their own for images of the same name: "a.jpg", "a-2.jpg". */
export function ownNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; taken.has(own); count++) own = name.replace(/(\.[^./]*)?$/, `-${count}$1`);
    taken.add(own);
    return own;
  });
}

export interface SetOfSession {
  set: LabelledSet;
  /** Image id of every image of the set, in its order. */
  ids: string[];
}

/** The labelled images as a set, those of label files first and in their order. @param sizes of images by id */
export function setOfSession(
  data: LabelData,
  images: readonly Pick<ImageItem, 'id' | 'name'>[],
  sizes: Readonly<Record<string, { width: number; height: number }>>,
): SetOfSession {
  const place = ({ id }: { id: string }): number => itemExtra(data.items[id]!.extra)?.at ?? Infinity;
  const labelled = images
    .filter(({ id }) => isLabelled(data.items[id]))
    .sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
  const files = ownNames(labelled.map(({ id, name }) => itemExtra(data.items[id]!.extra)?.file ?? name));
  const indices = new Map(data.classes.map(({ id }, index) => [id, index]));
  const labelledFile = ({ id }: { id: string }, index: number): LabelledFile => {
    const item = data.items[id]!;
    const said = itemExtra(item.extra);
    const { width, height } = said ?? sizes[id] ?? { width: 0, height: 0 };
    return {
      file: files[index]!,
      width,
      height,
      objects: item.boxes.map(({ id: _, classId, origin: _origin, ...rest }) => ({
        ...rest,
        classIndex: indices.get(classId)!,
      })),
      ...(said?.extra !== undefined && { extra: said.extra }),
    };
  };
  const set: LabelledSet = {
    classes: data.classes.map(({ name }) => name),
    images: labelled.map(labelledFile),
    ...(data.fileExtra !== null && { extra: data.fileExtra }),
  };
  return { set, ids: labelled.map(({ id }) => id) };
}

/**
 * The split as lists of `file`s: the lists of label files where their images are still there, train and val for the others.
 * @param automatic whether images that were split automatically are listed, too
 */
export function splitLists(
  state: Pick<LabelState, 'splits' | 'automaticSplits'>,
  choices: SplitLists,
  { set, ids }: SetOfSession,
  automatic: boolean,
): SplitLists {
  const splits = automatic ? effectiveSplits(state) : state.splits;
  const files = new Map(ids.map((id, index) => [id, set.images[index]!.file]));
  const said = splitsOfLists(choices);
  const lists: Record<string, string[]> = {};
  const listed = new Set<string>();
  for (const [name, images] of Object.entries(choices)) {
    const kept = images.filter((id) => files.has(id) && (said[id] === undefined || said[id] === splits[id]));
    for (const id of kept) if (said[id] !== undefined) listed.add(id);
    if (kept.length > 0) lists[name] = kept.map((id) => files.get(id)!);
  }
  for (const id of ids) {
    const split = splits[id];
    if (listed.has(id) || (split !== 'train' && split !== 'val')) continue;
    lists[split] = [...(lists[split] ?? []), files.get(id)!];
  }
  return lists;
}
