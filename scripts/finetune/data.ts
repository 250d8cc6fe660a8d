/** A data set on disk as the plain part of a TrainingData; the page adds the files. */
import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { readCoco } from '../../src/data/coco';
import type { TrainingImage } from '../../src/lib/training';
import { findDataset, type DatasetOptions } from '../app/dataset';

export interface PlainImage extends Omit<TrainingImage, 'file' | 'labels'> {
  path: string;
  /** Null: left aside. */
  labels: { classes: number[]; boxes: number[] } | null;
}

export interface PlainData {
  classes: string[];
  images: PlainImage[];
  /** What is wrong with the label files, a sentence each. */
  problems: string[];
}

async function partOf(path: string, from: DatasetOptions, part: 'train' | 'val', classes: string[]) {
  const dataset = await findDataset(path, from);
  try {
    const coco = readCoco(readFileSync(dataset.annotations, 'utf8'), dataset.annotations);
    const names = new Map(coco.categories.map(({ id, name }) => [id, name]));
    const files = new Map(dataset.images.map((file) => [basename(file), file]));
    const images = coco.images.flatMap(({ id, file_name, width, height }): PlainImage[] => {
      const name = basename(file_name);
      const file = files.get(name);
      if (file === undefined) return [];
      const labels: NonNullable<PlainImage['labels']> = { classes: [], boxes: [] };
      for (const { image_id, category_id, bbox, iscrowd } of coco.annotations) {
        if (image_id !== id || iscrowd === 1) continue;
        const category = names.get(category_id)!;
        if (!classes.includes(category)) classes.push(category);
        const [x, y, w, h] = bbox;
        labels.classes.push(classes.indexOf(category));
        labels.boxes.push((x + w / 2) / width, (y + h / 2) / height, w / width, h / height);
      }
      return [{ id: name, name, split: part, path: file, labels }];
    });
    return { images, problems: dataset.problems };
  } finally {
    dataset.dispose();
  }
}

export interface PlainDataOptions {
  /** To learn from; all of the set where it is left out. */
  split?: string | undefined;
  /** Held out; images that are in both are held out only. */
  val?: string | undefined;
  /** Only the first images to learn from. */
  limit?: number | undefined;
  /** Leaves the labels of the images to learn from aside, and the classes that only they name. */
  unlabelled?: boolean | undefined;
}

/** @throws Error naming the folder or split */
export async function plainData(
  path: string,
  { split, val, limit, unlabelled = false }: PlainDataOptions,
): Promise<PlainData> {
  const classes: string[] = [];
  const labelled = await partOf(path, { split, limit }, 'train', unlabelled ? [] : classes);
  const train = unlabelled
    ? { ...labelled, images: labelled.images.map((image) => ({ ...image, labels: null })) }
    : labelled;
  if (val === undefined) return { classes, ...train };
  const held = await partOf(path, { split: val }, 'val', classes);
  const heldOut = new Set(held.images.map(({ id }) => id));
  const images = [...train.images.filter(({ id }) => !heldOut.has(id)), ...held.images];
  return { classes, images, problems: [...new Set([...train.problems, ...held.problems])] };
}
