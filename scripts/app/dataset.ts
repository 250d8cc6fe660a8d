/**
 * Finds a labelled data set on disk: COCO JSON, YOLO or Pascal VOC. The app measures with COCO JSON: labels of another
 * format, or of one split, are written as such to a temporary file.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { writeCocoLabels } from '../../src/data/annotations/coco';
import { describeLabels, discoverLabels, type FoundLabels } from '../../src/data/annotations/discover';
import type { DatasetFiles } from '../../src/data/annotations/files';
import { readFound, type LabelledFiles } from '../../src/data/annotations/read-labels';
import type { LabelSet } from '../../src/data/annotations/types';
import { sentence } from './answers';

export interface Dataset {
  /** COCO JSON. */
  annotations: string;
  /** Files of the images that are there; the app names those that are missing. */
  images: string[];
  /** What is wrong with the label files, a sentence each; those parts are left out. */
  problems: string[];
  /** Removes what was written for this run. */
  dispose(): void;
}

export interface DatasetOptions {
  /** A split of splits.json, or one that the label files name. */
  split?: string | undefined;
  /** Only the first images. */
  limit?: number | undefined;
}

/** How far below a JSON file its images are looked for: it may lie in a folder that holds much else. */
const DEPTH_BELOW_JSON = 4;

/** @param above the folders on the way here, as they are called on disk: a link back to one of them is not followed */
function pathsBelow(folder: string, depth: number, above: readonly string[] = []): string[] {
  const own = realpathSync(folder);
  if (above.includes(own)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    // A link to nothing is no file.
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry?.isFile()) return [path];
    return entry?.isDirectory() && depth > 1 ? pathsBelow(path, depth - 1, [...above, own]) : [];
  });
}

/** The files below a folder, opened when they are asked for. */
function filesBelow(root: string, depth = Infinity): DatasetFiles {
  return new Map(
    pathsBelow(root, depth).map((path) => [
      relative(root, path).split(sep).join('/'),
      () => Promise.resolve(new Blob([readFileSync(path)])),
    ]),
  );
}

/** The label files to read: those of one kind, or the JSON file that was named. */
async function choose(root: string, files: DatasetFiles, named: string | null): Promise<FoundLabels> {
  if (named !== null) return { format: 'coco', root: '', paths: [named] };
  const found = await discoverLabels(files);
  const coco = found.find(({ format }) => format === 'coco');
  if (coco && files.has('annotations.json')) return { ...coco, root: '', paths: ['annotations.json'] };
  if (found.length === 1 && found[0]!.paths.length === 1) return found[0]!;
  if (found.length === 1 && found[0]!.format !== 'coco') return found[0]!;
  throw new Error(
    `${root}: expected one set of labels, got ${found.map(describeLabels).join(' and ')}: name one with --data`,
  );
}

function imagesOfSplit({ set, splits }: LabelledFiles, split: string, subject: string): LabelSet {
  const members = splits[split];
  if (!members) {
    const known = Object.keys(splits);
    const got = known.length > 0 ? `only ${known.join(', ')}` : 'no splits.json and no splits in its labels';
    throw new Error(`${subject}: --split ${split}: there is no such split, ${got}`);
  }
  const images = new Map(set.images.map((image) => [image.file, image]));
  return { ...set, images: members.map((file) => images.get(file)!) };
}

/** The app finds images by their name alone. */
function refuseSameNames(set: LabelSet, subject: string): void {
  const seen = new Map<string, string>();
  for (const { file } of set.images) {
    const earlier = seen.get(basename(file));
    if (earlier !== undefined) {
      throw new Error(`${subject}: expected images with names of their own, got ${earlier} and ${file}`);
    }
    seen.set(basename(file), file);
  }
}

/** A temporary COCO file; images are named as they are called on disk. */
function writeTemporary(set: LabelSet, paths: ReadonlyMap<string, string>): Pick<Dataset, 'annotations' | 'dispose'> {
  const folder = mkdtempSync(join(tmpdir(), 'stepdetr-labels-'));
  const annotations = join(folder, 'annotations.json');
  const images = set.images.map((image) => ({ ...image, file: basename(paths.get(image.file) ?? image.file) }));
  writeFileSync(annotations, writeCocoLabels({ ...set, images }));
  return { annotations, dispose: () => rmSync(folder, { recursive: true }) };
}

/**
 * @param path a folder with labels and images (COCO JSON, YOLO, Pascal VOC), or a COCO JSON file beside its images
 * @throws Error naming the file or folder, what was expected and what came
 */
export async function findDataset(path: string, { split, limit }: DatasetOptions = {}): Promise<Dataset> {
  if (!existsSync(path)) throw new Error(`--data: ${path}: there is no such file or folder`);
  const isFolder = statSync(path).isDirectory();
  const root = isFolder ? path : rootOf(path);
  const files = filesBelow(root, isFolder ? Infinity : DEPTH_BELOW_JSON);
  const found = await choose(root, files, isFolder ? null : relative(root, path).split(sep).join('/'));
  const labels = await readFound(files, found);
  const set = split === undefined ? labels.set : imagesOfSplit(labels, split, path);
  refuseSameNames(set, path);
  const images = set.images
    .slice(0, limit)
    .map(({ file }) => labels.images.get(file))
    .filter((image) => image !== undefined)
    .map((image) => join(root, image));
  if (images.length === 0) throw new Error(`${path}: expected the images that its labels name, found none of them`);
  const problems = labels.problems.map(sentence);
  if (found.format === 'coco' && found.paths.length === 1 && split === undefined) {
    return { annotations: join(root, found.paths[0]!), images, problems, dispose: () => undefined };
  }
  return { ...writeTemporary(set, labels.images), images, problems };
}

/** COCO's own layout has annotations/ beside the folders of images. */
function rootOf(json: string): string {
  const folder = dirname(json);
  return basename(folder).toLowerCase() === 'annotations' ? dirname(folder) : folder;
}
