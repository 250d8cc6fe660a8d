/**
 * COCO's object detection format (https://cocodataset.org/#format-data) as labels, and back.
 *
 * What no field of ours holds (outlines, licences, super-categories, ids) is kept and written again. An outline goes with
 * the box that it belonged to: a box that was moved loses it, and its area is the box's.
 */
import { toPixelXywh, type PixelXywh, type PixelXyxy } from '../../lib/boxes';
import type { AppError } from '../../lib/errors';
import { readCocoElements, type CocoAnnotation, type CocoElement, type CocoElements } from '../coco';
import { boxFault, labelProblem } from './problems';
import type { LabelledImage, LabelledObject, LabelSet, ReadResult } from './types';

type Json = Readonly<Record<string, unknown>>;

const toXyxy = ([x, y, w, h]: PixelXywh): PixelXyxy => [x, y, x + w, y + h];
const sameBox = (a: PixelXyxy, b: PixelXyxy): boolean => a.every((edge, index) => edge === b[index]);
const isSet = (value: unknown): boolean => value === 1 || value === true;

function readObject(
  { item, json }: CocoElement<CocoAnnotation>,
  at: number,
  classes: ReadonlyMap<number, number>,
): LabelledObject {
  return {
    classIndex: classes.get(item.category_id)!,
    box: toXyxy(item.bbox),
    ...(item.iscrowd === 1 && { crowd: true }),
    ...(isSet(json.difficult) && { difficult: true }),
    extra: { coco: { at, json } },
  };
}

/** The good objects of every image id. */
function readObjects(read: CocoElements, name: string, problems: AppError[]): Map<number, LabelledObject[]> {
  const classes = new Map(read.categories.map(({ item }, index) => [item.id, index]));
  const sizes = new Map(read.images.map(({ item }) => [item.id, item]));
  const objects = new Map(read.images.map(({ item }) => [item.id, [] as LabelledObject[]]));
  for (const [at, annotation] of read.annotations.entries()) {
    const { id, image_id } = annotation.item;
    const image = sizes.get(image_id)!;
    const object = readObject(annotation, at, classes);
    const fault = boxFault(object.box, image.width, image.height);
    if (fault === null) objects.get(image_id)!.push(object);
    else problems.push(labelProblem(name, `annotation ${id} of ${image.file_name}: ${fault}`));
  }
  return objects;
}

/**
 * Reads COCO JSON. Classes are the categories in their order. Elements that cannot be used are problems and left out.
 * @throws DetectorError `annotations` where the text is no JSON object (with line and column) or misses a list
 */
export function readCocoLabels(text: string, name: string): ReadResult {
  const problems: AppError[] = [];
  const read = readCocoElements(text, name, (error) => problems.push(error));
  const objects = readObjects(read, name, problems);
  const images = new Map<string, LabelledImage>();
  for (const { item, json } of read.images) {
    const { id, file_name: file, width, height } = item;
    if (images.has(file)) {
      problems.push(labelProblem(name, `image ${id}: expected a file_name of its own, got ${file} again`));
    } else images.set(file, { file, width, height, objects: objects.get(id)!, extra: { coco: json } });
  }
  const outer = { ...read.json, images: [], annotations: [], categories: read.categories.map(({ json }) => json) };
  const set = {
    classes: read.categories.map(({ item }) => item.name),
    images: [...images.values()],
    extra: { coco: outer },
  };
  return { set, splits: {}, problems };
}

/** Ids of their own: the first who wants one has it, the others get new ones. */
function allocateIds(wanted: readonly unknown[]): number[] {
  const taken = new Set<number>();
  const kept = wanted.map((id) => {
    if (typeof id !== 'number' || taken.has(id)) return undefined;
    taken.add(id);
    return id;
  });
  let next = [...taken].reduce((most, id) => Math.max(most, id), 0) + 1;
  return kept.map((id) => id ?? next++);
}

/** The remembered category of every class, found by name; a name that occurs twice finds two. */
function rememberedCategories({ classes, extra }: LabelSet): Json[] {
  const listed = extra?.coco?.categories;
  const left = Array.isArray(listed) ? (listed as Json[]).slice() : [];
  return classes.map((name) => {
    const index = left.findIndex((category) => category.name === name);
    return index < 0 ? {} : left.splice(index, 1)[0]!;
  });
}

/** What is not true of a box that was moved. */
const OF_THE_BOX: ReadonlySet<string> = new Set(['bbox', 'area', 'segmentation']);

/** What is remembered of an annotation, as far as it still holds for the object. */
function remembered(object: LabelledObject): Json {
  const json = object.extra?.coco?.json;
  if (!json) return {};
  if (sameBox(toXyxy(json.bbox as unknown as PixelXywh), object.box)) return json;
  return Object.fromEntries(Object.entries(json).filter(([key]) => !OF_THE_BOX.has(key)));
}

function writeObject(object: LabelledObject, id: number, image_id: number, category_id: number): Json {
  const json = remembered(object);
  const [, , w, h] = toPixelXywh(object.box);
  const { crowd = false, difficult = false } = object;
  const isNew = object.extra?.coco === undefined;
  return {
    ...json,
    id,
    image_id,
    category_id,
    ...(json.bbox === undefined && { bbox: toPixelXywh(object.box), area: w * h }),
    ...((isNew || isSet(json.iscrowd) !== crowd) && { iscrowd: crowd ? 1 : 0 }),
    ...(isSet(json.difficult) !== difficult && { difficult: difficult ? 1 : 0 }),
  };
}

function writeAnnotations({ images }: LabelSet, imageIds: readonly number[], categoryIds: readonly number[]): Json[] {
  const all = images.flatMap(({ objects }, index) => objects.map((object) => ({ object, imageId: imageIds[index]! })));
  const place = ({ object }: (typeof all)[number]): number => object.extra?.coco?.at ?? Number.MAX_SAFE_INTEGER;
  all.sort((a, b) => place(a) - place(b));
  const ids = allocateIds(all.map(({ object }) => object.extra?.coco?.json.id));
  return all.map(({ object, imageId }, index) =>
    writeObject(object, ids[index]!, imageId, categoryIds[object.classIndex]!),
  );
}

/**
 * COCO JSON. What came from COCO and was not changed is written as it was, in its order; new elements get new ids.
 * `difficult` has no place in COCO: it is written under that name, which other programs do not look at.
 */
export function writeCocoLabels(set: LabelSet): string {
  const categories = rememberedCategories(set);
  const categoryIds = allocateIds(categories.map(({ id }) => id));
  const imageIds = allocateIds(set.images.map(({ extra }) => extra?.coco?.id));
  const images = set.images.map(({ file, width, height, extra }, index) => ({
    ...extra?.coco,
    id: imageIds[index]!,
    file_name: file,
    width,
    height,
  }));
  return JSON.stringify({
    ...set.extra?.coco,
    images,
    annotations: writeAnnotations(set, imageIds, categoryIds),
    categories: set.classes.map((name, index) => ({ ...categories[index], id: categoryIds[index]!, name })),
  });
}
