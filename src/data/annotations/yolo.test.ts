import { describe, expect, it } from 'vitest';
import { greyPng } from '../images/testing';
import { readYoloConfig } from './yolo-config';
import { filesOfTexts, sentences, textsOf } from './testing';
import type { LabelSet, ReadResult } from './types';
import { readYolo } from './yolo-read';
import { writeYolo } from './yolo-write';

const image = new Blob([await greyPng(200, 100)]);
const yaml = `# my data
path: ../datasets/mine  # where it was
train: images/train
val:
  - images/val
names:
  0: "cat, \\"big\\""
  3: l'été
`;
const data = {
  'data.yaml': yaml,
  'images/train/sub dir/größe 日本.png': image,
  'labels/train/sub dir/größe 日本.txt': '3 0.500000 0.500000 0.250 0.1\n0 0.1 0.2 1.3 0.4\n',
  'images/train/empty.png': image,
  'labels/train/empty.txt': '',
  'images/train/background.png': image,
  'images/val/b.png': image,
  'labels/val/b.txt': '0 0.1 0.1 0.5 0.1 0.5 0.9\n',
};
const read = (files: Record<string, string | Blob>, config: string | null = 'data.yaml'): Promise<ReadResult> =>
  readYolo(filesOfTexts(files), '', config);
const labelsOf = (files: Record<string, string | Blob>): object =>
  Object.fromEntries(Object.entries(files).filter(([, content]) => typeof content === 'string'));

describe('YOLO', () => {
  it('is read with boxes in pixels, classes by their numbers and splits', async () => {
    const { set, splits, problems } = await read(data);
    expect(problems).toEqual([]);
    expect(set.classes).toEqual(['cat, "big"', "l'été"]);
    const shown = set.images.map(({ file, width, height, objects }) => [file, width, height, objects.length]);
    expect(shown).toEqual([
      ['images/train/background.png', 200, 100, 0],
      ['images/train/empty.png', 200, 100, 0],
      ['images/train/sub dir/größe 日本.png', 200, 100, 2],
      ['images/val/b.png', 200, 100, 1],
    ]);
    expect(set.images[2]!.objects.map(({ classIndex, box }) => [classIndex, ...box])).toEqual([
      [1, 75, 45, 125, (0.5 + 0.05) * 100],
      [0, (0.1 - 0.65) * 200, 0, 150, 40],
    ]);
    expect(set.images[3]!.objects[0]!.box).toEqual([20, 10, 100, 90]);
    expect(splits.val).toEqual(['images/val/b.png']);
    expect(splits.train).toHaveLength(3);
  });

  it('comes back byte for byte, at the same places', async () => {
    const { set, splits } = await read(data);
    const written = writeYolo(set, splits);
    expect(textsOf(written)).toEqual(labelsOf(data));
    expect([...written.images].every(([path, file]) => path === file)).toBe(true);
    expect(written.images.size).toBe(4);
  });

  it('moves images to the folders of new splits, and keeps the class numbers', async () => {
    const { set } = await read(data);
    const written = writeYolo(set, { train: ['images/val/b.png'], val: ['images/train/sub dir/größe 日本.png'] });
    expect(textsOf(written)).toEqual({
      'data.yaml': `path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat, "big"\n  3: l'été\n`,
      'labels/train/background.txt': '',
      'labels/train/empty.txt': '',
      'labels/train/b.txt': data['labels/val/b.txt'],
      'labels/val/sub dir/größe 日本.txt': data['labels/train/sub dir/größe 日本.txt'],
    });
    expect(written.images.get('images/train/b.png')).toBe('images/val/b.png');
  });

  it('writes sets from elsewhere so that they read back', async () => {
    const set: LabelSet = {
      classes: ['a: b', '# c'],
      images: [
        {
          file: 'x/1.png',
          width: 200,
          height: 100,
          objects: [
            { classIndex: 1, box: [10.1, -3, 20.7, 45.3] },
            { classIndex: 0, box: [0, 0, 200, 100], difficult: true },
            { classIndex: 0, box: [0, 0, 5, 5], crowd: true },
          ],
        },
        { file: 'x/1.jpg', width: 200, height: 100, objects: [] },
        { file: '2.png', width: 200, height: 100, objects: [{ classIndex: 0, box: [1, 2, 3, 4] }] },
      ],
    };
    const written = writeYolo(set, { val: ['2.png'] });
    expect(sentences(written.problems)).toEqual([
      'YOLO: has no regions with many objects: 1 were left out',
      'YOLO: has no difficult objects: 1 were written as others',
    ]);
    expect(Object.fromEntries(written.images)).toEqual({
      'images/train/x/1.png': 'x/1.png',
      'images/train/x/1-2.jpg': 'x/1.jpg',
      'images/val/2.png': '2.png',
    });
    const pictures = Object.fromEntries([...written.images.keys()].map((path) => [path, image]));
    const again = await read({ ...textsOf(written), ...pictures });
    expect(again.problems).toEqual([]);
    expect(again.set.classes).toEqual(set.classes);
    expect(again.splits.val).toEqual(['images/val/2.png']);
    const box = again.set.images.find(({ file }) => file.endsWith('x/1.png'))!.objects[0]!.box;
    for (const [index, edge] of [10.1, -3, 20.7, 45.3].entries()) expect(box[index]).toBeCloseTo(edge, 10);
  });

  it('comes back from a folder for every split, with data.yaml that points above itself', async () => {
    const files = {
      'd/data.yaml': 'train: ../train/images\nval: ../valid/images\nnc: 2\nnames: [a, b]\n',
      'd/train/images/x.png': image,
      'd/train/labels/x.txt': '1 0.5 0.5 0.25 0.25\n',
      'd/valid/images/y.png': image,
      'd/valid/labels/y.txt': '0 0.5 0.5 0.25 0.25\n',
    };
    const { set, splits, problems } = await readYolo(filesOfTexts(files), 'd', 'd/data.yaml');
    expect(problems).toEqual([]);
    expect(splits).toEqual({ train: ['train/images/x.png'], val: ['valid/images/y.png'] });
    const texts = Object.entries(labelsOf(files)).map(([path, text]) => [path.slice(2), text as string]);
    expect(textsOf(writeYolo(set, splits))).toEqual(Object.fromEntries(texts));
  });

  it('keeps the good lines and images, and names the bad ones', async () => {
    const { set, problems } = await read({
      ...data,
      'labels/train/empty.txt':
        '0 0.5 0.5 0.1 0.1\r\nx 1 2 3 4\n0 1 2 3\n\n7 0.5 0.5 0.1 0.1\n0 .5 .5 0 .5\n3 0.5 0.5 0.2 nan\n3 5 0.5 1 1',
      'labels/val/lost.txt': '0 0.5 0.5 0.1 0.1',
      'images/val/broken.png': 'no image',
      'images/val/latin.png': image,
      'labels/val/latin.txt': new Blob([new Uint8Array([0xe9, 0x20, 0x31])]),
    });
    expect(sentences(problems)).toEqual([
      'labels/train/empty.txt: line 2: expected a class number and a box, got "x 1 2 3 4"',
      'labels/train/empty.txt: line 3: expected 4 numbers of a box or the points of a polygon, got "0 1 2 3"',
      'labels/train/empty.txt: line 5: expected a class of data.yaml, got number 7',
      'labels/train/empty.txt: line 6: expected a box with an area, got the edges [100, 25, 100, 75] from "0 .5 .5 0 .5"',
      'labels/train/empty.txt: line 7: expected 4 numbers of a box or the points of a polygon, got "3 0.5 0.5 0.2 nan"',
      'labels/train/empty.txt: line 8: expected a box that touches the image of 200 x 100 pixels, got the edges [900, 0, 1100, 100] from "3 5 0.5 1 1"',
      'images/val/broken.png: expected an image that tells its size, got another file',
      'labels/val/latin.txt: expected text in UTF-8, got other bytes',
      'labels: expected an image for every label file, 1 have none: labels/val/lost.txt',
    ]);
    expect(set.images.map(({ objects }) => objects.length)).toEqual([0, 1, 2, 1]);
  });

  it('is read without data.yaml, with a list of names or by number', async () => {
    const nameless = { 'a b.png': image, 'a b.txt': '1 0.5 0.5 0.1 0.1' };
    const flat = { ...nameless, 'classes.txt': 'cat\ndog, small\n' };
    expect((await read(flat, null)).set).toMatchObject({
      classes: ['cat', 'dog, small'],
      images: [{ file: 'a b.png' }],
    });
    const { set, problems } = await read(nameless, null);
    expect(set.classes).toEqual(['class 1']);
    expect(set.images[0]!.objects[0]!.classIndex).toBe(0);
    expect(sentences(problems)[0]).toMatch('expected the names of the classes in data.yaml or classes.txt');
  });

  it('finds splits that are lists, or say where the data once was', async () => {
    const { splits, problems } = await read({
      ...data,
      'data.yaml': "train: /content/mine/images/train\nval: val.txt\ntest: nowhere\nnames: ['a', b, 3, d]",
      'val.txt': './images/val/b.png\n\nimages/val/none.png\n',
    });
    expect(splits.train).toHaveLength(3);
    expect(splits.val).toEqual(['images/val/b.png']);
    expect(splits.test).toEqual([]);
    expect(sentences(problems)).toEqual([
      'val.txt: split val: expected names of labelled images, 1 of 2 mean none, or more than one: images/val/none.png',
      'data.yaml: test: expected images in nowhere, there are none',
    ]);
  });

  it.each([
    ['names: [a', /data\.yaml: is not valid YAML at line 1, column \d+/],
    ['names: 3', /names: expected a list or a map of class names, got 3/],
    ['names: {x: a}', /names: expected whole numbers as keys, got "x"/],
    ['names: [{a: b}]', /names\.0: expected the name of a class, got {"a":"b"}/],
    ['names: [a]\ntrain: 3', /train: expected a folder or a list of images, got 3/],
    ['', /expected keys with values, got null/],
  ])('refuses data.yaml %j', (text, message) => {
    expect(() => readYoloConfig(text, 'data.yaml')).toThrow(message);
  });
});
