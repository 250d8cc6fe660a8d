/** The session's labels as COCO JSON for measuring, with the images that belong to it. */
import type { MeasuredPart } from '../state/compare';
import type { ImageItem } from '../state/images';
import { effectiveSplits, type LabelState } from '../state/labels';
import { isLabelled } from '../state/labels-data';
import { itemExtra } from './labels-join';

export interface MeasuredSet {
  /** COCO JSON text. */
  annotations: string;
  /** Under the names that the annotations have: unique ones, which images of different folders may not have. */
  files: File[];
}

/**
 * @param part all labelled images, or those that are held out
 * @param blobOf the file of an image; one without a file, or whose size nobody knows, is left out
 */
export function measuredSet(
  labels: Pick<LabelState, 'classes' | 'items' | 'splits' | 'automaticSplits'>,
  images: readonly Pick<ImageItem, 'id' | 'name' | 'width' | 'height'>[],
  blobOf: (id: string) => Blob | undefined,
  part: MeasuredPart,
): MeasuredSet {
  const splits = effectiveSplits(labels);
  const categories = labels.classes.map(({ id, name }, index) => ({ key: id, id: index + 1, name }));
  const idOf = new Map(categories.map(({ key, id }) => [key, id]));
  const cocoImages: object[] = [];
  const annotations: object[] = [];
  const files: File[] = [];
  for (const image of images) {
    const [item, blob] = [labels.items[image.id], blobOf(image.id)];
    if (!item || !blob || !isLabelled(item) || (part === 'val' && splits[image.id] !== 'val')) continue;
    const { width, height } = image.width > 0 ? image : (itemExtra(item.extra) ?? image);
    if (!(width > 0 && height > 0)) continue;
    const id = files.length + 1;
    const file_name = `${id}-${image.name.split('/').at(-1)}`;
    files.push(new File([blob], file_name, { type: blob.type }));
    cocoImages.push({ id, file_name, width, height });
    for (const { classId, box, crowd } of item.boxes) {
      const [x0, y0, x1, y1] = box;
      const bbox = [x0, y0, x1 - x0, y1 - y0];
      const common = { id: annotations.length + 1, image_id: id, category_id: idOf.get(classId)! };
      annotations.push({ ...common, bbox, iscrowd: crowd ? 1 : 0 });
    }
  }
  const named = categories.map(({ id, name }) => ({ id, name }));
  return { annotations: JSON.stringify({ images: cocoImages, annotations, categories: named }), files };
}
