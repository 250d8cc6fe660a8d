/** Which label files a folder or archive holds, and of which format. */
import { DetectorError } from '../../lib/errors';
import { readText, type DatasetFiles } from './files';
import { baseName, folderOf, isImagePath, liesIn, stemOf, vocRoot } from './paths';
import { some } from './problems';
import type { LabelFormat } from './types';
import { splitYoloLine, yoloBox } from './yolo-line';
import { yoloRoot } from './yolo-read';

export interface FoundLabels {
  readonly format: LabelFormat;
  /** Folder of the data set; '' for the top. */
  readonly root: string;
  /** COCO: the JSON files; YOLO: data.yaml, where there is one; VOC: the XML files. */
  readonly paths: readonly string[];
}

export const FORMAT_NAMES: Readonly<Record<LabelFormat, string>> = {
  coco: 'COCO JSON',
  yolo: 'YOLO',
  voc: 'Pascal VOC',
};

/** "Pascal VOC (200 files in annotations)". */
export function describeLabels({ format, root, paths }: FoundLabels): string {
  const where =
    paths.length === 1 ? paths[0]! : `${paths.length} files in ${folderOf(paths[0] ?? '') || root || 'the top folder'}`;
  return paths.length === 0
    ? `${FORMAT_NAMES[format]} (${root || 'the top folder'})`
    : `${FORMAT_NAMES[format]} (${where})`;
}

const isJunk = (path: string): boolean => path.split('/').some((step) => /^(\.|__MACOSX$)/.test(step));

function byRoot(paths: readonly string[], rootOf: (path: string) => string): Map<string, string[]> {
  const roots = new Map<string, string[]>();
  for (const path of paths) roots.set(rootOf(path), [...(roots.get(rootOf(path)) ?? []), path]);
  return roots;
}

/** Text of a file, '' where it is none. */
const peek = async (files: DatasetFiles, path: string): Promise<string> => (await readText(files, path, [])) ?? '';

/** COCO's lists, also in a file that ends too early to be JSON: reading it says where. */
async function findCoco(files: DatasetFiles, paths: readonly string[]): Promise<FoundLabels[]> {
  const found: string[] = [];
  for (const path of paths.filter((each) => /\.json$/i.test(each))) {
    if (/"(images|annotations)"\s*:\s*\[/.test(await peek(files, path))) found.push(path);
  }
  return found.length === 0 ? [] : [{ format: 'coco', root: folderOf(found[0]!), paths: found }];
}

/** A folder of XML files is VOC's where one of its files looks like an annotation. */
async function findVoc(files: DatasetFiles, paths: readonly string[]): Promise<FoundLabels[]> {
  const found: FoundLabels[] = [];
  for (const [root, xml] of byRoot(
    paths.filter((each) => /\.xml$/i.test(each)),
    vocRoot,
  )) {
    for (const path of xml) {
      if (!/<annotation[\s>]/.test(await peek(files, path))) continue;
      found.push({ format: 'voc', root, paths: xml });
      break;
    }
  }
  return found;
}

const isYoloText = (text: string): boolean => {
  const first = text.trim().split(/[\r\n]/)[0]!;
  const line = splitYoloLine(first);
  return line !== null && yoloBox(line.text, 1, 1) !== null;
};

/** data.yaml with names; else text files with boxes beside images or in labels/. */
async function findYolo(files: DatasetFiles, paths: readonly string[]): Promise<FoundLabels[]> {
  const found: FoundLabels[] = [];
  for (const path of paths.filter((each) => /\.ya?ml$/i.test(each))) {
    if (/^["']?names["']?\s*:/m.test(await peek(files, path))) {
      found.push({ format: 'yolo', root: folderOf(path), paths: [path] });
    }
  }
  const stems = new Set(paths.filter(isImagePath).map((path) => baseName(stemOf(path))));
  const texts = paths.filter((path) => /\.txt$/i.test(path) && stems.has(baseName(stemOf(path))));
  for (const [root, labels] of byRoot(texts, yoloRoot)) {
    if (found.some((each) => liesIn(`${root}/`, each.root))) continue;
    for (const path of labels) {
      if (!isYoloText(await peek(files, path))) continue;
      found.push({ format: 'yolo', root, paths: [] });
      break;
    }
  }
  return found;
}

/**
 * The label files among these files, by format and folder. Several COCO files are one find: the splits of one data set.
 * @throws DetectorError `annotations` where there are none
 */
export async function discoverLabels(files: DatasetFiles): Promise<FoundLabels[]> {
  const paths = [...files.keys()].filter((path) => !isJunk(path)).sort();
  const found = [
    ...(await findCoco(files, paths)),
    ...(await findYolo(files, paths)),
    ...(await findVoc(files, paths)),
  ];
  if (found.length > 0) return found;
  const others = paths.filter((path) => !isImagePath(path));
  const got = others.length > 0 ? `none of ${some(others)} is one` : `got ${paths.length} files, all of them images`;
  throw new DetectorError(
    'annotations',
    'label files',
    `expected COCO JSON, YOLO (data.yaml and labels/*.txt) or Pascal VOC (*.xml), ${paths.length === 0 ? 'got no files' : got}`,
    'Drop the folder that holds the labels and the images.',
  );
}
