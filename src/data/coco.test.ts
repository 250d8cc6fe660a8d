import { describe, expect, it } from 'vitest';
import type { ImageDetections } from '../lib/types';
import { categoriesOfClasses, readCoco, toCocoDetections, writeCocoDetections } from './coco';

const image = { id: 7, file_name: 'a.jpg', width: 200, height: 100 };
const category = { id: 3, name: 'cat' };
const annotation = { id: 1, image_id: 7, category_id: 3, bbox: [1, 2, 10, 20], area: 150, iscrowd: 1 };
const text = (change: object): string =>
  JSON.stringify({ images: [image], categories: [category], annotations: [annotation], ...change });

describe('readCoco', () => {
  it('keeps what is measured and fills in area and iscrowd', () => {
    const { id, image_id, category_id, bbox } = annotation;
    const read = readCoco(text({ annotations: [annotation, { id: 2, image_id, category_id, bbox }] }), 'a.json');
    expect(read.annotations).toEqual([annotation, { id: 2, image_id, category_id, bbox, area: 200, iscrowd: 0 }]);
    expect(read.images).toEqual([image]);
    expect(id).toBe(1);
  });

  const refused: [string, object, string][] = [
    ['no list of images', { images: 3 }, 'a.json: images: expected a list, got 3'],
    ['no annotations', { annotations: undefined }, 'annotations: expected a list, got nothing'],
    ['an image that is a number', { images: [image, 5] }, 'images[1]: expected an object, got 5'],
    [
      'an image without a name',
      { images: [{ ...image, file_name: '' }] },
      'images[0].file_name: expected a text, got ""',
    ],
    [
      'an image without width',
      { images: [{ ...image, width: 0 }] },
      'images[0].width: expected a number of at least 1, got 0',
    ],
    [
      'two images with one id',
      { images: [image, image] },
      'images[1].id: expected an id of its own, not the one of images[0], got 7',
    ],
    ['a text as id', { categories: [{ id: '3', name: 'cat' }] }, 'categories[0].id: expected a whole number, got "3"'],
    [
      'a box of three numbers',
      { annotations: [{ ...annotation, bbox: [1, 2, 3] }] },
      'annotations[0].bbox: expected [x, y, width, height] in pixels, got [1,2,3]',
    ],
    ['a negative width', { annotations: [{ ...annotation, bbox: [1, 2, -3, 4] }] }, 'annotations[0].bbox'],
    ['a box with null', { annotations: [{ ...annotation, bbox: [1, 2, null, 4] }] }, 'annotations[0].bbox'],
    [
      'an unknown image',
      { annotations: [{ ...annotation, image_id: 8 }] },
      'annotations[0].image_id: expected the id of one of the images, got 8',
    ],
    ['an unknown category', { annotations: [{ ...annotation, category_id: 1 }] }, 'annotations[0].category_id'],
    [
      'a crowd of 2',
      { annotations: [{ ...annotation, iscrowd: 2 }] },
      'annotations[0].iscrowd: expected 0 or 1, got 2',
    ],
    ['a negative area', { annotations: [{ ...annotation, area: -1 }] }, 'annotations[0].area'],
  ];
  it.each(refused)('refuses %s', (_, change, message) =>
    expect(() => readCoco(text(change), 'a.json')).toThrow(message),
  );
  it('says where the JSON is broken', () => {
    expect(() => readCoco('{"images": [}', 'a.json')).toThrow('a.json: is not valid JSON at line 1, column 13');
  });
});

describe('categoriesOfClasses', () => {
  const dataset = readCoco(text({ categories: [category, { id: 9, name: 'Dog ' }] }), 'a.json');
  it('finds ids by name', () =>
    expect(categoriesOfClasses(dataset, ['bird', 'dog', 'cat'], 'a.json')).toEqual([undefined, 9, 3]));
  it('refuses when no class is there', () => {
    expect(() => categoriesOfClasses(dataset, ['bird'], 'a.json')).toThrow(
      'a.json: expected categories that the model knows (bird …), got cat, Dog',
    );
  });
});

describe('toCocoDetections', () => {
  const result: ImageDetections = {
    model: 'm',
    width: 200,
    height: 100,
    layers: [
      {
        layer: 'select',
        boxes: new Float32Array([0.5, 0.5, 0.5, 0.5, 0, 0.25, 0.25, 0.5]),
        query: new Int32Array([1, 0, 0]),
        label: new Int32Array([1, 0, 1]),
        score: new Float32Array([0.75, 0.5, 0.25]),
      },
    ],
    ms: { decode: 0, resize: 0, model: 0, post: 0 },
    retries: 0,
  };
  it('gives boxes that are not clipped, best first, without unknown classes', () => {
    expect(toCocoDetections(result, 0, 7, [undefined, 3])).toEqual([
      { image_id: 7, category_id: 3, bbox: [-25, 0, 50, 50], score: 0.75 },
      { image_id: 7, category_id: 3, bbox: [50, 25, 100, 50], score: 0.25 },
    ]);
  });
  it('stops at the most', () => expect(toCocoDetections(result, 0, 7, [3, 3], 1)).toHaveLength(1));
  it('refuses a layer that is not there', () =>
    expect(() => toCocoDetections(result, 1, 7, [3])).toThrow('layer 1: expected one of 1 layers'));
  it('is written as pycocotools reads it', () => {
    expect(JSON.parse(writeCocoDetections(toCocoDetections(result, 0, 7, [3], 1)))).toEqual([
      { image_id: 7, category_id: 3, bbox: [50, 25, 100, 50], score: 0.5 },
    ]);
  });
});
