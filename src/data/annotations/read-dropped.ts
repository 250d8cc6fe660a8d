/**
 * Label files that came in beside images: of any format and folder, joined to the images of the session by name. What is
 * damaged is a problem that names file and line; the rest is kept.
 */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import { discoverLabels, type FoundLabels } from './discover';
import { filesOfBlobs, readText, type DatasetFiles } from './files';
import { baseName, folderOf, isImagePath, joinPath, lastFolder, liesIn, stemOf } from './paths';
import { readFound, SPLITS_FILE } from './read-labels';
import { readSplits } from './splits';
import type { LabelFormat, LabelSet, Splits } from './types';

export interface SessionImage {
  readonly id: string;
  /** File name; with its folder where it came in one. */
  readonly name: string;
  readonly blob: Blob;
}

export interface DroppedSet {
  readonly format: LabelFormat;
  readonly set: LabelSet;
  /** Names of lists to `file`s. */
  readonly splits: Splits;
  /** `file` to the id of the session's image; those that are not here yet are missing. */
  readonly images: ReadonlyMap<string, string>;
}

export interface DroppedLabels {
  readonly sets: readonly DroppedSet[];
  /** splits.json without labels beside it: names of lists to image ids. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly AppError[];
  /** Paths, as they were given, of label files that are worth reading again when more images are here. */
  readonly waiting: readonly string[];
}

/** What lies beside labels and is no failure. */
const isDocument = (path: string): boolean => /^(readme|licen[cs]e|notice|changelog)\b|\.md$/i.test(baseName(path));

async function discover(files: DatasetFiles): Promise<FoundLabels[]> {
  try {
    return await discoverLabels(files);
  } catch (thrown) {
    if (thrown instanceof DetectorError) return [];
    throw thrown;
  }
}

/** The files of a find that name images which are not here. */
function waitingFiles(
  found: FoundLabels,
  dropped: DroppedSet,
  texts: readonly string[],
  files: DatasetFiles,
): string[] {
  const lost = dropped.set.images.filter(({ file }) => !dropped.images.has(file));
  if (dropped.format === 'voc') return lost.flatMap(({ extra }) => extra?.voc?.path ?? []);
  if (dropped.format === 'coco') return lost.length > 0 ? [...found.paths] : [];
  const stems = new Set([...files.keys()].filter(isImagePath).map((path) => baseName(stemOf(path))));
  const labels = texts.filter((path) => /\.txt$/i.test(path) && liesIn(path, found.root));
  const alone = labels.filter((path) => !stems.has(baseName(stemOf(path))) && !/(classes|names)\.txt$/i.test(path));
  return alone.length > 0 ? [...alone, ...labels.filter((path) => !alone.includes(path)), ...found.paths] : [];
}

const notLabels = (path: string): AppError =>
  new DetectorError(
    'annotations',
    path,
    'expected an image or a label file (COCO JSON, YOLO, Pascal VOC), got another text',
    'YOLO’s text files need their data.yaml or their images beside them.',
  ).detail;

/** splits.json on its own, for the images that are here. */
async function splitsAlone(
  files: DatasetFiles,
  path: string,
  ids: ReadonlyMap<string, string>,
  problems: AppError[],
): Promise<Record<string, readonly string[]>> {
  const text = await readText(files, path, problems);
  if (text === null) return {};
  try {
    const read = readSplits(
      text,
      path,
      [...ids.keys()].map((file) => ({ file })),
    );
    problems.push(...read.problems);
    return Object.fromEntries(
      Object.entries(read.splits).map(([split, members]) => [split, members.map((file) => ids.get(file)!)]),
    );
  } catch (thrown) {
    problems.push(toAppError(thrown, path));
    return {};
  }
}

/** Where YOLO looks for the image of a label file: "labels" turned into "images", else beside it. */
function yoloImageStem(label: string): string {
  const steps = stemOf(label).split('/');
  const depth = lastFolder(label, 'labels');
  return (depth < 0 ? steps : steps.with(depth, 'images')).join('/');
}

/**
 * Images by path, those of YOLO's label files also where these expect them: photos that were added on their own lie elsewhere.
 */
function withYoloPlaces(images: readonly SessionImage[], texts: readonly string[]): SessionImage[] {
  const taken = new Set(images.map(({ name }) => stemOf(joinPath(name))));
  const byStem = new Map<string, SessionImage[]>();
  for (const image of images) {
    const stem = baseName(stemOf(joinPath(image.name)));
    byStem.set(stem, [...(byStem.get(stem) ?? []), image]);
  }
  const moved = texts.flatMap((label): SessionImage[] => {
    if (!/\.txt$/i.test(label)) return [];
    const [place, named] = [yoloImageStem(label), byStem.get(baseName(stemOf(label))) ?? []];
    const near = [place, stemOf(label)].some((each) => taken.has(each));
    if (near || named.length !== 1) return [];
    return [{ ...named[0]!, name: `${place}${named[0]!.name.replace(/^.*(\.[^./]*)$/, '$1')}` }];
  });
  return [...images, ...moved];
}

/** @param texts files that are no images, by path; @param images those of the session, the newest last */
export async function readDroppedLabels(
  texts: ReadonlyMap<string, Blob>,
  session: readonly SessionImage[],
): Promise<DroppedLabels> {
  const paths = [...texts.keys()].map((path) => joinPath(path));
  const images = withYoloPlaces(session, paths);
  const ids = new Map(images.map(({ id, name }) => [joinPath(name), id]));
  const files = filesOfBlobs(new Map([...images.map(({ name, blob }) => [name, blob] as const), ...texts]));
  const found = await discover(files);
  const sets: DroppedSet[] = [];
  const problems: AppError[] = [];
  const waiting = new Set<string>();
  for (const each of found) {
    try {
      const read = await readFound(files, each);
      const here = [...read.images].flatMap(([file, path]) => (ids.has(path) ? [[file, ids.get(path)!] as const] : []));
      const dropped = { format: read.format, set: read.set, splits: read.splits, images: new Map(here) };
      sets.push(dropped);
      problems.push(...read.problems);
      const left = waitingFiles(each, dropped, paths, files);
      for (const path of left) waiting.add(path);
      if (left.length === 0) continue;
      // The lists that tell which of the images that come are held out.
      for (const path of paths) {
        if (isSplitList(path) && (liesIn(path, each.root) || folderOf(path) === folderOf(each.root))) waiting.add(path);
      }
    } catch (thrown) {
      problems.push(toAppError(thrown, each.paths[0] ?? 'labels'));
    }
  }
  const lists = found.length > 0 ? [] : paths.filter((path) => baseName(path) === SPLITS_FILE);
  let splits: DroppedLabels['splits'] = {};
  for (const path of lists) splits = { ...splits, ...(await splitsAlone(files, path, ids, problems)) };
  const used = new Set([...lists, ...found.flatMap((each) => each.paths)]);
  const isOther = (path: string): boolean =>
    !used.has(path) && !isSplitList(path) && !isDocument(path) && (found.length === 0 || !/\.txt$/i.test(path));
  problems.push(...paths.filter(isOther).map(notLabels));
  const given = [...texts.keys()].filter((path) => waiting.has(joinPath(path)));
  return { sets, splits, problems, waiting: given };
}

const isSplitList = (path: string): boolean => baseName(path) === SPLITS_FILE || /(^|\/)ImageSets\/Main\//.test(path);
