/** A folder or archive of labels and images, of any format, as one labelled set with its splits. */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import { readCocoLabels } from './coco';
import { describeLabels, discoverLabels, type FoundLabels } from './discover';
import { ImageIndex, imageFolders, readText, type DatasetFiles } from './files';
import { mergeLabels } from './merge';
import { baseName, folderOf, joinPath, stemOf } from './paths';
import { labelProblem, some } from './problems';
import { readSplits } from './splits';
import type { LabelFormat, LabelledImage, ReadResult } from './types';
import { readVoc } from './voc-read';
import { readYolo } from './yolo-read';

export const SPLITS_FILE = 'splits.json';

export interface LabelledFiles extends ReadResult {
  readonly format: LabelFormat;
  /** `file` of an image to its path among the files; images that are not there are missing, and problems. */
  readonly images: ReadonlyMap<string, string>;
}

/** "instances_train2017.json", "train/_annotations.coco.json": the split a COCO file is for. */
function cocoSplit(path: string): string {
  const name = baseName(stemOf(path)).replace(/^instances_/, '');
  return /^_?annotations/.test(name) ? baseName(folderOf(path)) || name : name;
}

async function readCocoFiles(files: DatasetFiles, paths: readonly string[]): Promise<ReadResult> {
  const parts: { name: string; read: ReadResult }[] = [];
  const failures: AppError[] = [];
  for (const path of paths) {
    const text = await readText(files, path, failures);
    if (text === null) continue;
    try {
      parts.push({ name: cocoSplit(path), read: readCocoLabels(text, path) });
    } catch (thrown) {
      failures.push(toAppError(thrown, path));
    }
  }
  const only = parts[0]?.read;
  if (!only) {
    const { code, subject, message, hint } = failures[0]!;
    throw new DetectorError(code, subject, message, hint);
  }
  const read = paths.length === 1 ? only : mergeLabels(parts);
  return { ...read, problems: [...failures, ...read.problems] };
}

function readOne(files: DatasetFiles, { format, root, paths }: FoundLabels): Promise<ReadResult> {
  if (format === 'coco') return readCocoFiles(files, paths);
  if (format === 'voc') return readVoc(files, root, paths);
  return readYolo(files, root, paths[0] ?? null);
}

/** Where COCO's and others' images usually are, seen from the label files. */
function foldersFor({ root, paths }: FoundLabels): string[] {
  const ofLabels = [...new Set([root, ...paths.map(folderOf)])].flatMap(imageFolders);
  const ofSplits = paths.map((path) => cocoSplit(path)).flatMap((split) => ofLabels.map((at) => joinPath(at, split)));
  return [...ofLabels, ...ofSplits];
}

function findImages(
  images: readonly LabelledImage[],
  files: DatasetFiles,
  found: FoundLabels,
  problems: AppError[],
): Map<string, string> {
  const index = new ImageIndex(files.keys());
  const folders = foldersFor(found);
  const paths = new Map<string, string>();
  for (const { file, extra } of images) {
    const path = extra?.voc ? extra.voc.image : index.find(file, folders);
    if (path !== undefined) paths.set(file, path);
  }
  const lost = images.filter(({ file }) => !paths.has(file)).map(({ file }) => file);
  if (lost.length > 0 && index.paths.length > 0) {
    const message = `names ${lost.length} images that are not there: ${some(lost)}`;
    problems.push(labelProblem(describeLabels(found), message));
  }
  return paths;
}

/** splits.json of the data set, where it has one; it counts more than what the labels say. */
async function withSplitsFile(files: DatasetFiles, root: string, read: ReadResult): Promise<ReadResult> {
  const path = [root, folderOf(root)].map((folder) => joinPath(folder, SPLITS_FILE)).find((each) => files.has(each));
  if (path === undefined) return read;
  const problems: AppError[] = [];
  const text = await readText(files, path, problems);
  try {
    const named = text === null ? { splits: {}, problems: [] } : readSplits(text, path, read.set.images);
    const splits = { ...read.splits, ...named.splits };
    return { ...read, splits, problems: [...read.problems, ...problems, ...named.problems] };
  } catch (thrown) {
    return { ...read, problems: [...read.problems, ...problems, toAppError(thrown, path)] };
  }
}

/** Reads labels that `discoverLabels` found. @throws DetectorError `annotations` where nothing of them can be read */
export async function readFound(files: DatasetFiles, found: FoundLabels): Promise<LabelledFiles> {
  const read = await withSplitsFile(files, found.root, await readOne(files, found));
  const problems = [...read.problems];
  const images = findImages(read.set.images, files, found, problems);
  return { ...read, format: found.format, images, problems };
}

/**
 * Reads the labels of a folder or archive.
 * @throws DetectorError `annotations` where there are none, several kinds, or nothing of them can be read
 */
export async function readLabels(files: DatasetFiles): Promise<LabelledFiles> {
  const found = await discoverLabels(files);
  if (found.length === 1) return readFound(files, found[0]!);
  const message = `expected label files of one format in one folder, got ${found.map(describeLabels).join(' and ')}`;
  throw new DetectorError('annotations', 'label files', message, 'Drop one of them at a time.');
}
