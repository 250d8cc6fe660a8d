/**
 * Writes YOLO: data.yaml, and a label file for every image. What came from YOLO and was not changed is written as it was;
 * once the splits change, images go to images/<split>/ like new ones.
 */
import type { AppError } from '../../lib/errors';
import { folderOf, joinPath, liesIn, ownPath } from './paths';
import { labelProblem } from './problems';
import type { LabelledImage, LabelledObject, LabelSet, Splits, WrittenLabels } from './types';
import { writeYoloConfig, YOLO_SPLITS } from './yolo-config';
import { yoloBox, yoloNumbers } from './yolo-line';
import { yoloLabelPath } from './yolo-read';

function writeNumbers({ box, extra }: LabelledObject, { width, height }: LabelledImage): string {
  const text = extra?.yolo;
  const said = text === undefined ? null : yoloBox(text, width, height);
  return said?.every((edge, index) => edge === box[index]) ? text! : yoloNumbers(box, width, height);
}

const writeLabels = (image: LabelledImage, ids: readonly number[]): string =>
  image.objects
    .filter(({ crowd }) => !crowd)
    .map((object) => `${ids[object.classIndex]!} ${writeNumbers(object, image)}\n`)
    .join('');

/** The number of each class: the one it had, found by name, else a new one. Without numbers: 0, 1, … */
function classIds({ classes, extra }: LabelSet): readonly number[] {
  const known = extra?.yolo;
  if (!known) return classes.map((_, index) => index);
  const ids = classes.map((name) => known.ids[known.classes.indexOf(name)]);
  let next = Math.max(-1, ...known.ids) + 1;
  return ids.map((id) => id ?? next++);
}

/** The folder of every image: of the held-out splits first, of train where no split says one. */
function foldersOf(splits: Splits): Map<string, string> {
  const folders = new Map<string, string>();
  for (const split of ['val', 'test', 'train']) {
    for (const file of splits[split] ?? []) if (!folders.has(file)) folders.set(file, split);
  }
  return folders;
}

/** The path without the images/ and the split that earlier folders gave it. */
function withoutFolders(file: string): string {
  const path = joinPath(file).replace(/^images\//, '');
  const split = YOLO_SPLITS.find((each) => liesIn(path, each));
  return split ? path.slice(split.length + 1) : path;
}

function sameSplits(a: Splits, b: Splits): boolean {
  const asText = (splits: Splits): string =>
    JSON.stringify(
      Object.entries(splits)
        .map(([split, files]) => [split, [...files].sort()] as const)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  return asText(a) === asText(b);
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

/** What the format cannot say. */
function losses({ images }: LabelSet): AppError[] {
  const count = (is: (object: LabelledObject) => boolean | undefined): number =>
    images.reduce((sum, { objects }) => sum + objects.filter(is).length, 0);
  const crowds = count(({ crowd }) => crowd);
  const difficult = count(({ difficult: is }) => is);
  return [
    ...(crowds > 0 ? [labelProblem('YOLO', `has no regions with many objects: ${crowds} were left out`)] : []),
    ...(difficult > 0 ? [labelProblem('YOLO', `has no difficult objects: ${difficult} were written as others`)] : []),
  ];
}

/** At the places they were read from; null where something has none, or other splits. */
function writeInPlace(set: LabelSet, splits: Splits): Omit<WrittenLabels, 'problems'> | null {
  const yolo = set.extra?.yolo;
  const isAtHome = set.images.every(({ file, extra }) => extra?.yolo !== undefined && joinPath(file) === file);
  if (!yolo || !isAtHome || !sameSplits(yolo.splits, splits)) return null;
  const ids = classIds(set);
  const files = new Map<string, string>();
  for (const image of set.images) {
    const label = image.extra!.yolo!.label ?? (image.objects.length > 0 ? yoloLabelPath(image.file) : null);
    if (label !== null) files.set(label, writeLabels(image, ids));
  }
  const used = Object.fromEntries(Object.keys(splits).map((split) => [split, commonFolder(splits[split]!)]));
  files.set(yolo.path, sameTexts(yolo.classes, set.classes) ? yolo.text : writeYoloConfig(set.classes, ids, used));
  return { files, images: new Map(set.images.map(({ file }) => [file, file])) };
}

/** The deepest folder that holds all paths. */
function commonFolder(paths: readonly string[]): string {
  let folder = folderOf(paths[0] ?? '');
  while (folder !== '' && !paths.every((path) => liesIn(path, folder))) folder = folderOf(folder);
  return folder || '.';
}

function writeByFolders(set: LabelSet, splits: Splits): Omit<WrittenLabels, 'problems'> {
  const ids = classIds(set);
  const folders = foldersOf(splits);
  const files = new Map<string, string>();
  const images = new Map<string, string>();
  for (const image of set.images) {
    const folder = folders.get(image.file) ?? 'train';
    const wanted = joinPath('images', folder, withoutFolders(image.file));
    // Images that differ only in their extension would share a label file.
    const path = ownPath(wanted, (each) => images.has(each) || files.has(yoloLabelPath(each)));
    images.set(path, image.file);
    files.set(yoloLabelPath(path), writeLabels(image, ids));
  }
  const used = YOLO_SPLITS.filter((split) => [...images.keys()].some((path) => liesIn(path, `images/${split}`)));
  const places = Object.fromEntries(used.map((split) => [split, `images/${split}`]));
  files.set('data.yaml', writeYoloConfig(set.classes, ids, places));
  return { files, images };
}

/**
 * data.yaml with the splits train, val and test, and the label files. Boxes are written with all their digits. Splits of
 * other names, and images in several splits, are not YOLO's: `splits.json` says those (write-labels.ts).
 */
export function writeYolo(set: LabelSet, splits: Splits): WrittenLabels {
  return { ...(writeInPlace(set, splits) ?? writeByFolders(set, splits)), problems: losses(set) };
}
