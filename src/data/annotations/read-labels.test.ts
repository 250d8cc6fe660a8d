import { describe, expect, it } from 'vitest';
import { greyPng } from '../images/testing';
import { describeLabels, discoverLabels } from './discover';
import { filesOfBlobs, filesOfZip } from './files';
import { readLabels } from './read-labels';
import { filesOfTexts, filesOnDisk, sentences, sharedDataset } from './testing';
import type { LabelFormat, LabelSet, Splits } from './types';
import { writeLabels, zipLabels } from './write-labels';

const image = new Blob([await greyPng(40, 30)]);
const set: LabelSet = {
  classes: ['cat, "big"', 'größe'],
  images: [
    {
      file: 'sub dir/a 日本.png',
      width: 40,
      height: 30,
      objects: [
        { classIndex: 1, box: [1, 2, 11, 27] },
        { classIndex: 0, box: [-4, 0, 50, 30] },
      ],
    },
    { file: 'b.png', width: 40, height: 30, objects: [] },
    { file: 'c.png', width: 40, height: 30, objects: [{ classIndex: 0, box: [8, 3, 16, 9] }] },
  ],
};
const splits: Splits = { train: ['sub dir/a 日本.png', 'b.png'], val: ['c.png'], few: ['b.png'] };
const coco = JSON.stringify({
  images: [{ id: 1, file_name: 'x.png', width: 40, height: 30 }],
  annotations: [],
  categories: [{ id: 1, name: 'cat' }],
});
const voc = '<annotation><size><width>4</width><height>3</height></size></annotation>';

const boxes = (from: LabelSet): object =>
  Object.fromEntries(
    from.images.map(({ file, objects }) => [
      file.split('/').at(-1)!,
      objects.map(({ classIndex, box }) => [from.classes[classIndex], ...box.map((edge) => Number(edge.toFixed(9)))]),
    ]),
  );

describe('an archive', () => {
  it.each<LabelFormat>(['coco', 'yolo', 'voc'])(
    'of %s is found and read back, with its images and splits',
    async (format) => {
      const written = writeLabels(format, set, splits);
      expect(written.problems).toEqual([]);
      const zip = await zipLabels(written, (file) =>
        Promise.resolve(file === 'b.png' && format !== 'yolo' ? undefined : image),
      );
      const read = await readLabels(await filesOfZip(zip, 'labels.zip'));
      expect(read.format).toBe(format);
      expect(boxes(read.set)).toEqual(boxes(set));
      const plain = Object.entries(read.splits).map(([name, files]) => [
        name,
        files.map((file) => file.split('/').at(-1)),
      ]);
      expect(Object.fromEntries(plain)).toEqual({ train: ['a 日本.png', 'b.png'], val: ['c.png'], few: ['b.png'] });
      if (format === 'yolo') {
        expect(read.problems).toEqual([]);
        expect(read.images.size).toBe(3);
      } else {
        expect([...read.images.keys()].sort()).toEqual(['c.png', 'sub dir/a 日本.png']);
        expect(sentences(read.problems)).toEqual([expect.stringContaining('names 1 images that are not there: b')]);
      }
    },
  );
});

describe('discoverLabels', () => {
  const found = async (files: Record<string, string>): Promise<string[]> =>
    (await discoverLabels(filesOfTexts(files))).map(describeLabels);

  it('tells the formats apart', async () => {
    expect(await found({ 'd/annotations.json': coco, 'd/splits.json': '{}', 'd/config.json': '{"a":1}' })).toEqual([
      'COCO JSON (d/annotations.json)',
    ]);
    expect(
      await found({ 'd/data.yaml': 'nc: 1\nnames: [a]', 'd/labels/a.txt': '0 1 1 1 1', 'd/images/a.jpg': '' }),
    ).toEqual(['YOLO (d/data.yaml)']);
    expect(await found({ 'labels/a.txt': '0 1 1 1 1', 'images/a.jpg': '', 'README.txt': '1 2' })).toEqual([
      'YOLO (the top folder)',
    ]);
    expect(await found({ 'annotations/1.xml': 'broken', 'annotations/2.xml': voc, '__MACOSX/x.xml': voc })).toEqual([
      'Pascal VOC (2 files in annotations)',
    ]);
  });

  it('names a damaged COCO file, which reading refuses with its line', async () => {
    const files = filesOfTexts({ 'a.json': coco.slice(0, -5) });
    expect((await discoverLabels(files)).map(describeLabels)).toEqual(['COCO JSON (a.json)']);
    await expect(readLabels(files)).rejects.toThrow(/a\.json: is not valid JSON at line 1/);
  });

  it('says what came where there are no labels', async () => {
    await expect(found({ 'a.jpg': '' })).rejects.toThrow(/expected COCO JSON, YOLO .* got 1 files, all of them images/);
    await expect(found({ 'a.jpg': '', 'notes.txt': 'x', 'p.json': '{}' })).rejects.toThrow(
      /none of notes.txt, p.json is one/,
    );
    await expect(found({})).rejects.toThrow(/got no files/);
  });

  it('is asked to choose where there are several', async () => {
    const files = filesOfTexts({ 'a.json': coco, 'x/1.xml': voc });
    await expect(readLabels(files)).rejects.toThrow('got COCO JSON (a.json) and Pascal VOC (x/1.xml)');
  });
});

describe('several COCO files', () => {
  const other = JSON.stringify({
    images: [{ id: 1, file_name: 'y.png', width: 40, height: 30 }],
    annotations: [{ id: 1, image_id: 1, category_id: 7, bbox: [1, 2, 3, 4] }],
    categories: [
      { id: 7, name: 'dog' },
      { id: 1, name: 'cat' },
    ],
  });

  it('are the splits of one data set', async () => {
    const files = filesOfBlobs(
      new Map([
        ['d/train/_annotations.coco.json', new Blob([coco])],
        ['d/valid/_annotations.coco.json', new Blob([other])],
        ['d/test/_annotations.coco.json', new Blob(['{"images": [}'])],
        ['d/train/x.png', image],
        ['d/valid/y.png', image],
      ]),
    );
    const read = await readLabels(files);
    expect(read.set.classes).toEqual(['cat', 'dog']);
    expect(read.splits).toEqual({ train: ['x.png'], valid: ['y.png'] });
    expect(read.set.images[1]!.objects[0]!.classIndex).toBe(1);
    expect(Object.fromEntries(read.images)).toEqual({ 'x.png': 'd/train/x.png', 'y.png': 'd/valid/y.png' });
    expect(sentences(read.problems)).toEqual([
      expect.stringContaining('d/test/_annotations.coco.json: is not valid JSON'),
    ]);
    const json = JSON.parse(writeLabels('coco', read.set, {}).files.get('annotations.json')!) as Record<
      string,
      object[]
    >;
    expect(json.images).toMatchObject([
      { id: 1, file_name: 'x.png' },
      { id: 2, file_name: 'y.png' },
    ]);
    expect(json.categories).toMatchObject([
      { id: 1, name: 'cat' },
      { id: 7, name: 'dog' },
    ]);
    expect(json.annotations).toMatchObject([{ image_id: 2, category_id: 7 }]);
  });
});

describe('real folders', () => {
  const expected = { raccoon: ['voc', 200, 1], bccd: ['voc', 364, 3], coco_val204: ['coco', 204, 80] } as const;
  for (const [name, [format, images, classes]] of Object.entries(expected)) {
    const root = sharedDataset(name);
    it.skipIf(!root)(`${name} is found and read (needs ../shared)`, async () => {
      const read = await readLabels(filesOnDisk(root!));
      expect(read.problems).toEqual([]);
      expect([read.format, read.images.size, read.set.classes.length]).toEqual([format, images, classes]);
    });

    it.skipIf(!root)(`${name} goes through YOLO and VOC with its boxes (needs ../shared)`, async () => {
      const files = filesOnDisk(root!);
      const { set: original, images: paths } = await readLabels(files);
      for (const other of ['yolo', 'voc'] as const) {
        const written = writeLabels(other, original, {});
        const texts = [...written.files].map(
          ([path, text]) => [path, () => Promise.resolve(new Blob([text]))] as const,
        );
        const photos = [...written.images].map(([path, file]) => [path, files.get(paths.get(file)!)!] as const);
        const again = await readLabels(new Map([...texts, ...photos]));
        expect(again.problems).toEqual([]);
        const sorted = (from: LabelSet): object => {
          const entries = Object.entries(boxes(from) as Record<string, unknown[]>);
          return entries.sort(([a], [b]) => (a < b ? -1 : 1));
        };
        const kept = {
          ...original,
          images: original.images.map((each) => ({
            ...each,
            objects: each.objects.filter(({ crowd }) => other === 'voc' || !crowd),
          })),
        };
        expect(sorted(again.set)).toEqual(sorted(kept));
      }
    });
  }
});
