/** Which images are for training and which are held out, as files say it. */
import { DetectorError, type AppError } from '../../lib/errors';
import { isObject, parseJsonObject } from '../json';
import { baseName, joinPath, stemOf } from './paths';
import { labelProblem, some } from './problems';
import type { LabelledImage, Splits } from './types';

/** Lines of a list of names or paths; empty ones do not count. */
export const readSplitList = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

type FilesByName = Map<string, Set<string>>;

function addName(names: FilesByName, name: string, file: string): void {
  const known = names.get(name);
  if (known) known.add(file);
  else names.set(name, new Set([file]));
}

/** The images by all that a list may call them: path, name, each with and without extension. */
class Names {
  private readonly paths: FilesByName = new Map();
  private readonly bases: FilesByName = new Map();

  constructor(images: readonly Pick<LabelledImage, 'file'>[]) {
    for (const { file } of images) {
      for (const path of [file, stemOf(file)]) {
        addName(this.paths, path, file);
        addName(this.bases, baseName(path), file);
      }
    }
  }

  /** The only image of that name; a path in full is found first, then ever shorter ends of it. */
  find(name: string): string | undefined {
    const steps = joinPath(name).split('/');
    for (let from = 0; from < steps.length; from++) {
      const end = steps.slice(from).join('/');
      const files = this.paths.get(end) ?? this.bases.get(end);
      if (files) return files.size === 1 ? [...files][0] : undefined;
    }
    return undefined;
  }
}

/**
 * Lists of names as splits of these images. Names that mean no image, or more than one, are one problem a split.
 * @param subject the file that the problems name
 */
export function splitsOfNames(
  lists: Readonly<Record<string, readonly string[]>>,
  images: readonly Pick<LabelledImage, 'file'>[],
  subject: string,
  problems: AppError[],
): Splits {
  const names = new Names(images);
  return Object.fromEntries(
    Object.entries(lists).map(([split, list]) => {
      const found = list.map((name) => names.find(name));
      const lost = list.filter((_, index) => found[index] === undefined);
      if (lost.length > 0) {
        const got = `${lost.length} of ${list.length} mean none, or more than one: ${some(lost)}`;
        problems.push(labelProblem(subject, `split ${split}: expected names of labelled images, ${got}`));
      }
      return [split, [...new Set(found.filter((file) => file !== undefined))]];
    }),
  );
}

/**
 * Reads splits.json: an object of lists of image names, with or without folders and extension.
 * @throws DetectorError `annotations` naming line or split
 */
export function readSplitsJson(text: string, name: string): Record<string, string[]> {
  const json = parseJsonObject(text, name, 'annotations');
  for (const [split, list] of Object.entries(json)) {
    if (!Array.isArray(list)) {
      const got = isObject(list) ? 'an object' : JSON.stringify(list).slice(0, 40);
      throw new DetectorError('annotations', name, `${split}: expected a list of image names, got ${got}`);
    }
    const bad = list.findIndex((each) => typeof each !== 'string');
    if (bad >= 0) {
      const got = JSON.stringify(list[bad]).slice(0, 40);
      throw new DetectorError('annotations', name, `${split}[${bad}]: expected the name of an image, got ${got}`);
    }
  }
  return json as Record<string, string[]>;
}

/**
 * Reads splits.json for a set of images.
 * @throws DetectorError `annotations` naming line or split
 */
export function readSplits(
  text: string,
  name: string,
  images: readonly Pick<LabelledImage, 'file'>[],
): { splits: Splits; problems: AppError[] } {
  const problems: AppError[] = [];
  return { splits: splitsOfNames(readSplitsJson(text, name), images, name, problems), problems };
}

/** Names without extension, where that still tells the images apart. */
export function splitNames(files: readonly string[], images: readonly Pick<LabelledImage, 'file'>[]): string[] {
  const stems = new Map<string, number>();
  for (const { file } of images) stems.set(stemOf(file), (stems.get(stemOf(file)) ?? 0) + 1);
  return files.map((file) => (stems.get(stemOf(file)) === 1 ? stemOf(file) : file));
}

/** splits.json, a name a line. */
export function writeSplits(splits: Splits, images: readonly Pick<LabelledImage, 'file'>[]): string {
  const lists = Object.entries(splits).map(([split, files]) => [split, splitNames(files, images)]);
  return `${JSON.stringify(Object.fromEntries(lists), null, 1)}\n`;
}
