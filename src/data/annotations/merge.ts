/** Several label sets as one: the files of a data set that has one for every split. */
import type { AppError } from '../../lib/errors';
import { labelProblem } from './problems';
import type { LabelledImage, LabelSet, ReadResult, Splits } from './types';

const extraCategories = (set: LabelSet): readonly unknown[] =>
  Array.isArray(set.extra?.coco?.categories) ? (set.extra.coco.categories as unknown[]) : [];

/** What the first file says beside its lists, with the categories of all. */
function mergedExtra(sets: readonly LabelSet[]): LabelSet['extra'] {
  const first = sets.find(({ extra }) => extra?.coco)?.extra?.coco;
  return first && { coco: { ...first, categories: sets.flatMap(extraCategories) } };
}

/**
 * Joins sets; classes are found by name, an image that two sets name is kept from the first.
 * @param parts each read file by the name of its split
 */
export function mergeLabels(parts: readonly { readonly name: string; readonly read: ReadResult }[]): ReadResult {
  const classes: string[] = [];
  const images = new Map<string, LabelledImage>();
  const splits: Record<string, readonly string[]> = {};
  const problems: AppError[] = [];
  for (const { name, read } of parts) {
    problems.push(...read.problems);
    const index = read.set.classes.map((label) => {
      if (!classes.includes(label)) classes.push(label);
      return classes.indexOf(label);
    });
    for (const image of read.set.images) {
      if (images.has(image.file)) {
        problems.push(labelProblem(name, `expected images that no other file names, got ${image.file} again`));
        continue;
      }
      const objects = image.objects.map((object) => ({ ...object, classIndex: index[object.classIndex]! }));
      images.set(image.file, { ...image, objects });
    }
    splits[name] = [...(splits[name] ?? []), ...read.set.images.map(({ file }) => file)];
  }
  const extra = mergedExtra(parts.map(({ read }) => read.set));
  const merged: Splits = splits;
  return { set: { classes, images: [...images.values()], ...(extra && { extra }) }, splits: merged, problems };
}
