import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCocoLabels, writeCocoLabels } from './coco';
import type { LabelledObject, LabelSet } from './types';

const file = {
  info: { description: 'a test' },
  licenses: [{ id: 1, name: 'CC0' }],
  annotations: [
    { id: 31, image_id: 8, category_id: 5, bbox: [1.1, 2.2, 3.3, 4.4], area: 7, iscrowd: 0, segmentation: [[1, 2]] },
    { id: 30, image_id: 7, category_id: 2, bbox: [-5, 10, 500, 4.7], iscrowd: 1, area: 3 },
    { id: 33, bbox: [0.1, 0.2, 0.7, 0.1], image_id: 8, category_id: 2, difficult: 1, score: 0.5 },
  ],
  images: [
    { id: 8, file_name: 'a folder/größe 日本.jpg', width: 100, height: 50, license: 1, coco_url: 'x' },
    { file_name: 'b.png', height: 40, width: 30, id: 7 },
    { id: 9, file_name: 'nothing.jpg', width: 5, height: 5 },
  ],
  categories: [
    { id: 5, name: 'cat, "big"', supercategory: 'animal' },
    { supercategory: 'thing', id: 2, name: "l'été" },
  ],
};
const read = (json: object): ReturnType<typeof readCocoLabels> => readCocoLabels(JSON.stringify(json), 'a.json');
const edit = (set: LabelSet, change: (object: LabelledObject) => LabelledObject): LabelSet => ({
  ...set,
  images: set.images.map((image) => ({ ...image, objects: image.objects.map(change) })),
});

describe('COCO labels', () => {
  it('are read with classes in the order of the file', () => {
    const { set, problems } = read(file);
    expect(problems).toEqual([]);
    expect(set.classes).toEqual(['cat, "big"', "l'été"]);
    const shown = set.images.map(({ file: name, objects }) => [name, objects.map((o) => [o.classIndex, ...o.box])]);
    const x1 = 1.1 + 3.3;
    const y1 = 2.2 + 4.4;
    expect(shown).toEqual([
      [
        'a folder/größe 日本.jpg',
        [
          [0, 1.1, 2.2, x1, y1],
          [1, 0.1, 0.2, 0.1 + 0.7, 0.2 + 0.1],
        ],
      ],
      ['b.png', [[1, -5, 10, 495, 14.7]]],
      ['nothing.jpg', []],
    ]);
    expect(set.images[1]!.objects[0]!.crowd).toBe(true);
    expect(set.images[0]!.objects[1]!.difficult).toBe(true);
  });

  it('come back byte for byte', () => {
    expect(writeCocoLabels(read(file).set)).toBe(JSON.stringify(file));
  });

  it('keep all that a moved box leaves true', () => {
    const set = edit(read(file).set, (object) => ({ ...object, box: [1, 2, 11, 4], classIndex: 0, crowd: true }));
    const { annotations } = JSON.parse(writeCocoLabels(set)) as { annotations: object[] };
    const moved = { category_id: 5, bbox: [1, 2, 10, 2], area: 20, iscrowd: 1 };
    expect(annotations).toEqual([
      { id: 31, image_id: 8, ...moved },
      { id: 30, image_id: 7, ...moved },
      { id: 33, image_id: 8, ...moved, difficult: 1, score: 0.5 },
    ]);
  });

  it('find ids for what is new', () => {
    const { set } = read(file);
    const added = { classIndex: 2, box: [0, 0, 2, 3], difficult: true } as const;
    const image = { file: 'new.jpg', width: 9, height: 9, objects: [added] };
    const text = writeCocoLabels({ ...set, classes: [...set.classes, 'new'], images: [image, ...set.images] });
    const json = JSON.parse(text) as typeof file;
    expect(json.images[0]).toEqual({ id: 10, file_name: 'new.jpg', width: 9, height: 9 });
    expect(json.categories[2]).toEqual({ id: 6, name: 'new' });
    expect(json.annotations[3]).toEqual({
      id: 34,
      image_id: 10,
      category_id: 6,
      bbox: [0, 0, 2, 3],
      area: 6,
      iscrowd: 0,
      difficult: 1,
    });
    expect(readCocoLabels(text, 'b').set.images[0]!.objects[0]).toMatchObject(added);
  });

  it('lose only what is damaged, by name', () => {
    const { set, problems } = read({
      ...file,
      images: [...file.images, { id: 10, file_name: 'b.png', width: 3, height: 3 }, { id: 11, file_name: 'x' }],
      annotations: [
        ...file.annotations,
        { id: 34, image_id: 7, category_id: 2, bbox: [1, 1, 0, 5] },
        { id: 35, image_id: 7, category_id: 2, bbox: [31, 1, 2, 5] },
        { id: 36, image_id: 7, category_id: 99, bbox: [1, 1, 2, 5] },
      ],
    });
    expect(problems.map(({ subject, message }) => `${subject}: ${message}`)).toEqual([
      'a.json: images[4].width: expected a number of at least 1, got nothing',
      'a.json: annotations[5].category_id: expected the id of one of the categories, got 99',
      'a.json: annotation 34 of b.png: expected a box with an area, got the edges [1, 1, 1, 6]',
      'a.json: annotation 35 of b.png: expected a box that touches the image of 30 x 40 pixels, got the edges [31, 1, 33, 6]',
      'a.json: image 10: expected a file_name of its own, got b.png again',
    ]);
    expect(set.images.map(({ objects }) => objects.length)).toEqual([2, 1, 0]);
  });

  it('are refused where the text ends early, with the line', () => {
    expect(() => readCocoLabels('{"images": [],\n "anno', 'a.json')).toThrow(/a\.json: is not valid JSON at line 2/);
  });

  for (const name of ['coco_val204', 'coco_train208']) {
    const path = resolve('../shared/datasets', name, 'annotations.json');
    it.skipIf(!existsSync(path))(`of ${name} come back as they were (needs ../shared)`, () => {
      const text = readFileSync(path, 'utf8');
      const { set, problems } = readCocoLabels(text, name);
      expect(problems).toEqual([]);
      expect(writeCocoLabels(set)).toBe(JSON.stringify(JSON.parse(text)));
    });
  }
});
