/** What the session has to teach with: every image with its labels and its split. */
import type { PixelXyxy } from '../lib/boxes';
import type { ImageLabels, TrainingData, TrainingImage } from '../lib/training';
import type { ImageItem } from '../state/images';
import { effectiveSplits, type LabelledItem, type LabelState } from '../state/labels';
import { isLabelled } from '../state/labels-data';
import { itemExtra } from './labels-join';

type Labels = Pick<LabelState, 'classes' | 'items' | 'splits' | 'automaticSplits'>;

/**
 * Clips a box to the image.
 * @returns cxcywh as fractions of the image; null where nothing of it is on the image
 */
function toUnit([x0, y0, x1, y1]: PixelXyxy, width: number, height: number): number[] | null {
  const clip = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  const [left, top, right, bottom] = [clip(x0, width), clip(y0, height), clip(x1, width), clip(y1, height)];
  if (!(right > left && bottom > top)) return null;
  return [(left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height];
}

function labelsOf(
  item: LabelledItem,
  classes: ReadonlyMap<string, number>,
  width: number,
  height: number,
): ImageLabels {
  const labels = item.boxes.flatMap(({ classId, box, crowd }) => {
    const unit = toUnit(box, width, height);
    // A crowd's box is no object.
    return unit && !crowd ? [{ index: classes.get(classId)!, unit }] : [];
  });
  return {
    classes: labels.map(({ index }) => index),
    boxes: Float32Array.from(labels.flatMap(({ unit }) => unit)),
  };
}

/**
 * @param images in the order of the strip; one that is left aside by its split is left out, and so is a labelled one of
 *   which nobody knows the size
 * @param blobOf the file of an image
 * @returns reviewed images without boxes with no labels, images that nobody labelled with null, in training
 */
export function trainingDataOf(
  labels: Labels,
  images: readonly Pick<ImageItem, 'id' | 'name' | 'width' | 'height'>[],
  blobOf: (id: string) => Blob | undefined,
): TrainingData {
  const splits = effectiveSplits(labels);
  const classes = new Map(labels.classes.map(({ id }, index) => [id, index]));
  return {
    classes: labels.classes.map(({ name }) => name),
    images: images.flatMap((image): TrainingImage[] => {
      const { id, name } = image;
      const [file, split, item] = [blobOf(id), splits[id] ?? 'train', labels.items[id]];
      if (!file || split === 'none') return [];
      if (!item || !isLabelled(item)) return [{ id, name, file, split, labels: null }];
      const { width, height } = image.width > 0 ? image : (itemExtra(item.extra) ?? image);
      if (!(width > 0 && height > 0)) return [];
      return [{ id, name, file, split, labels: labelsOf(item, classes, width, height) }];
    }),
  };
}
