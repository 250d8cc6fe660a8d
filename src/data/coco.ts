/**
 * COCO's object detection format (https://cocodataset.org/#format-data): reading labels, writing detections, and the way
 * from a model's answers to category ids. Boxes are [x, y, w, h] in pixels, not clipped.
 */
import { toPixelXywh, unitBoxAt, type PixelXywh, type PixelXyxy } from '../lib/boxes';
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import type { ImageDetections } from '../lib/types';
import { isObject, parseJsonObject } from './json';

export interface CocoImage {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: PixelXywh;
  /** Of the object's outline, in square pixels: it decides between small, medium and large. */
  readonly area: number;
  /** 1: a region with many objects; detections in it count neither as right nor as wrong. */
  readonly iscrowd: 0 | 1;
}

export interface CocoCategory {
  readonly id: number;
  readonly name: string;
}

export interface CocoDataset {
  readonly images: readonly CocoImage[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly CocoCategory[];
}

export interface CocoDetection {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: PixelXywh;
  /** 0..1. */
  readonly score: number;
}

type Json = Record<string, unknown>;

/** One element of a list of the file, with its place for errors. */
class Element {
  constructor(
    readonly file: string,
    readonly place: string,
    private readonly value: Json,
  ) {}

  refuse(key: string, expected: string): never {
    const got = JSON.stringify(this.value[key])?.slice(0, 60) ?? 'nothing';
    throw new DetectorError('annotations', this.file, `${this.place}.${key}: expected ${expected}, got ${got}`);
  }

  has(key: string): boolean {
    return this.value[key] !== undefined && this.value[key] !== null;
  }

  integer(key: string): number {
    const value = this.value[key];
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.refuse(key, 'a whole number');
  }

  /** A number of at least `min`; NaN and infinities cannot occur in JSON. */
  number(key: string, min: number): number {
    const value = this.value[key];
    return typeof value === 'number' && value >= min ? value : this.refuse(key, `a number of at least ${min}`);
  }

  text(key: string): string {
    const value = this.value[key];
    return typeof value === 'string' && value !== '' ? value : this.refuse(key, 'a text');
  }

  box(key: string): PixelXywh {
    const value = this.value[key];
    const good =
      Array.isArray(value) && value.length === 4 && value.every((v) => typeof v === 'number' && Number.isFinite(v));
    if (!good || value[2] < 0 || value[3] < 0) return this.refuse(key, '[x, y, width, height] in pixels');
    return value as unknown as PixelXywh;
  }

  /** 0, 1, or a boolean; 0 where it is not said. */
  flag(key: string): 0 | 1 {
    if (!this.has(key)) return 0;
    const value = Number(this.value[key]);
    return value === 0 || value === 1 ? value : this.refuse(key, '0 or 1');
  }
}

/** An element as it is used, and all that its file says of it. */
export interface CocoElement<T> {
  readonly item: T;
  readonly json: Readonly<Json>;
}

export interface CocoElements {
  /** The outermost object of the file. */
  readonly json: Readonly<Json>;
  readonly images: readonly CocoElement<CocoImage>[];
  readonly annotations: readonly CocoElement<CocoAnnotation>[];
  readonly categories: readonly CocoElement<CocoCategory>[];
}

/** Told of every element that cannot be used; the rest is read on where it returns. */
export type OnBadElement = (error: AppError) => void;

/** Reads one file; holds what its lists have in common. */
class Lists {
  constructor(
    private readonly json: Json,
    private readonly file: string,
    private readonly onBad: OnBadElement,
  ) {}

  read<T extends { id: number }>(key: string, read: (element: Element) => T): CocoElement<T>[] {
    const list = this.json[key];
    if (!Array.isArray(list)) {
      const got = list === undefined ? 'nothing' : JSON.stringify(list).slice(0, 40);
      throw new DetectorError('annotations', this.file, `${key}: expected a list, got ${got}`);
    }
    const places = new Map<number, number>();
    return list.flatMap((value: unknown, index) => {
      try {
        return [this.element(value, key, index, places, read)];
      } catch (thrown) {
        this.onBad(toAppError(thrown, this.file));
        return [];
      }
    });
  }

  private element<T extends { id: number }>(
    value: unknown,
    key: string,
    index: number,
    places: Map<number, number>,
    read: (element: Element) => T,
  ): CocoElement<T> {
    const place = `${key}[${index}]`;
    if (!isObject(value)) {
      const got = JSON.stringify(value).slice(0, 40);
      throw new DetectorError('annotations', this.file, `${place}: expected an object, got ${got}`);
    }
    const element = new Element(this.file, place, value);
    const item = read(element);
    const earlier = places.get(item.id);
    if (earlier !== undefined) element.refuse('id', `an id of its own, not the one of ${key}[${earlier}]`);
    places.set(item.id, index);
    return { item, json: value };
  }
}

/**
 * Reads COCO JSON element by element. A missing `area` is the box's, a missing `iscrowd` is 0; everything else must be
 * there.
 * @throws DetectorError `annotations` where the text is no JSON object or misses one of the three lists
 */
export function readCocoElements(text: string, name: string, onBad: OnBadElement): CocoElements {
  const json = parseJsonObject(text, name, 'annotations');
  const lists = new Lists(json, name, onBad);
  const images = lists.read('images', (image) => ({
    id: image.integer('id'),
    file_name: image.text('file_name'),
    width: image.number('width', 1),
    height: image.number('height', 1),
  }));
  const categories = lists.read('categories', (c) => ({ id: c.integer('id'), name: c.text('name') }));
  const imageIds = new Set(images.map(({ item }) => item.id));
  const categoryIds = new Set(categories.map(({ item }) => item.id));
  const annotations = lists.read('annotations', (annotation): CocoAnnotation => {
    const bbox = annotation.box('bbox');
    const image_id = annotation.integer('image_id');
    const category_id = annotation.integer('category_id');
    if (!imageIds.has(image_id)) annotation.refuse('image_id', 'the id of one of the images');
    if (!categoryIds.has(category_id)) annotation.refuse('category_id', 'the id of one of the categories');
    const area = annotation.has('area') ? annotation.number('area', 0) : bbox[2] * bbox[3];
    return { id: annotation.integer('id'), image_id, category_id, bbox, area, iscrowd: annotation.flag('iscrowd') };
  });
  return { json, images, annotations, categories };
}

/**
 * Reads COCO JSON that has to be whole.
 * @throws DetectorError `annotations` naming the first bad element, what was expected and what came
 */
export function readCoco(text: string, name: string): CocoDataset {
  const { images, annotations, categories } = readCocoElements(text, name, ({ code, subject, message, hint }) => {
    throw new DetectorError(code, subject, message, hint);
  });
  const items = <T>(elements: readonly CocoElement<T>[]): T[] => elements.map(({ item }) => item);
  return { images: items(images), annotations: items(annotations), categories: items(categories) };
}

/** Detections as pycocotools' `loadRes` reads them. */
export function writeCocoDetections(detections: readonly CocoDetection[]): string {
  return JSON.stringify(
    detections.map(({ image_id, category_id, bbox, score }) => ({ image_id, category_id, bbox, score })),
  );
}

/**
 * The category id of every class of a model, found by name (case and outer spaces do not count); undefined for classes
 * that the dataset does not have.
 * @throws DetectorError `annotations` when the dataset has none of the classes
 */
export function categoriesOfClasses(
  dataset: CocoDataset,
  classes: readonly string[],
  name: string,
): (number | undefined)[] {
  const plain = (text: string): string => text.trim().toLowerCase();
  const ids = new Map(dataset.categories.map(({ id, name: category }) => [plain(category), id]));
  const found = classes.map((label) => ids.get(plain(label)));
  if (found.some((id) => id !== undefined)) return found;
  const some = (names: readonly string[]): string => names.slice(0, 5).join(', ');
  throw new DetectorError(
    'annotations',
    name,
    `expected categories that the model knows (${some(classes)} …), got ${some(dataset.categories.map((c) => c.name))}`,
  );
}

/**
 * The detections of one layer of one image, at most `most`, best first. Boxes are not clipped to the image: the published
 * figures of these models were measured so. Classes without a category are left out.
 */
export function toCocoDetections(
  { layers, width, height }: ImageDetections,
  layer: number,
  imageId: number,
  categories: readonly (number | undefined)[],
  most = 100,
): CocoDetection[] {
  const result = layers[layer];
  if (!result) throw new DetectorError('internal', `layer ${layer}`, `expected one of ${layers.length} layers`);
  const found: CocoDetection[] = [];
  for (let k = 0; k < result.score.length && found.length < most; k++) {
    const category_id = categories[result.label[k]!];
    if (category_id === undefined) continue;
    const [cx, cy, w, h] = unitBoxAt(result.boxes, result.query[k]!);
    const corners = [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
    const bbox = toPixelXywh(corners as unknown as PixelXyxy);
    found.push({ image_id: imageId, category_id, bbox, score: result.score[k]! });
  }
  return found;
}
