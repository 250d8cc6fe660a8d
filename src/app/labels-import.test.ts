/** Label files through the real readers into the store and out again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { automaticSplit } from '../data/annotations/auto-split';
import { readDroppedLabels } from '../data/annotations/read-dropped';
import { filesOnDisk, sharedDataset } from '../data/annotations/testing';
import type { LabelSet } from '../data/annotations/types';
import { writeLabels, zipLabels } from '../data/annotations/write-labels';
import { collectImages } from '../data/images/collect';
import { uprightPixelSize } from '../data/images/orientation';
import { flatJpeg } from '../data/images/testing';
import { createLabelStore, effectiveSplits } from '../state/labels';
import { Pictures } from '../state/pictures';
import { createLabelExport } from './labels-export';
import { createLabelImport } from './labels-import';
import { createLabelSplits } from './labels-split';
import type { LabelPorts } from './ports';
import { freshStore } from './testing/fakes';
import { trainingDataOf } from './training-data';

const labelPorts: LabelPorts = {
  read: readDroppedLabels,
  write: async (format, set, splits) => writeLabels(format, set as LabelSet, splits),
  zip: (written, imageOf) => zipLabels(written, imageOf),
  split: (set, byHand) => automaticSplit(set as LabelSet, { seed: 1, byHand }),
  duplicates: async () => [],
  sizeOf: uprightPixelSize,
};

function fixture() {
  const store = freshStore();
  const labels = createLabelStore();
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const ports = { labels: labelPorts };
  const texts = new Map<string, string>();
  const keepTexts = (changes: Record<string, string | null>): void => {
    for (const [path, text] of Object.entries(changes)) {
      if (text === null) texts.delete(path);
      else texts.set(path, text);
    }
  };
  const parts = { store, labels, pictures, ports };
  const labelImport = createLabelImport({ ...parts, keepTexts });
  const add = async (name: string, blob: Blob, id = name): Promise<void> => {
    const size = (await uprightPixelSize(blob)) ?? { width: 0, height: 0 };
    pictures.add(id, blob);
    store.getState().addImage({ id, name, origin: 'file', status: 'waiting', ...size });
  };
  return { ...parts, labelImport, labelExport: createLabelExport(parts), splits: createLabelSplits(parts), texts, add };
}

type Fixture = ReturnType<typeof fixture>;
const photo = (width = 8, height = 8): Blob => new Blob([flatJpeg(width, height, [1, 2, 3])]);
const read = ({ labelImport }: Fixture, texts: Record<string, string>) =>
  labelImport.read(new Map(Object.entries(texts).map(([path, text]) => [path, new Blob([text])])));

const xml = (name: string, box: number[], side = 8): string =>
  `<annotation><filename>${name}</filename><size><width>${side}</width><height>${side}</height><depth>3</depth></size>` +
  `<object><name>cat</name><bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax>` +
  `</bndbox></object></annotation>`;

describe('label files', () => {
  it('join the images that are here in one undo step, with their splits', async () => {
    const page = fixture();
    await page.add('set/images/a.jpg', photo());
    await page.add('set/images/b.jpg', photo());
    const problems = await read(page, {
      'set/annotations/a.xml': xml('a.jpg', [1, 1, 4, 4]),
      'set/annotations/b.xml': xml('b.jpg', [2, 2, 4, 4]),
      'set/splits.json': '{"few_shot_1": ["a"], "train": ["a"], "val": ["b"]}',
      'set/LICENSE': 'free',
    });
    expect(problems).toEqual([]);
    const { items, classes, splits } = page.labels.getState();
    expect(classes.map(({ name }) => name)).toEqual(['cat']);
    expect(items['set/images/a.jpg']).toMatchObject({
      reviewed: true,
      boxes: [{ box: [0, 0, 4, 4], origin: 'import', classId: classes[0]!.id }],
    });
    expect(splits).toEqual({ 'set/images/a.jpg': 'train', 'set/images/b.jpg': 'val' });
    expect(page.store.getState().splitChoices).toEqual({
      few_shot_1: ['set/images/a.jpg'],
      train: ['set/images/a.jpg'],
      val: ['set/images/b.jpg'],
    });
    expect(page.texts.size).toBe(0);
    page.labels.getState().undo();
    expect(page.labels.getState()).toMatchObject({ items: {}, classes: [], splits: {} });
    expect(page.labels.getState().canUndo).toBe(false);
  });

  it('wait for their images, and then speak only for those that nobody labelled', async () => {
    const page = fixture();
    await page.add('a.jpg', photo());
    await read(page, {
      'a.xml': xml('a.jpg', [1, 1, 4, 4]),
      'b.xml': xml('b.jpg', [2, 2, 4, 4]),
      'c.xml': xml('c.jpg', [2, 2, 4, 4]),
      'splits.json': '{"train": ["a", "b"], "val": ["c"]}',
    });
    expect([...page.texts.keys()].sort()).toEqual(['b.xml', 'c.xml', 'splits.json']);
    expect(page.store.getState().waitingLabels).toBe(3);
    const { addClass, addBox } = page.labels.getState();
    await page.add('b.jpg', photo());
    const mine = addBox('b.jpg', [0, 0, 2, 2], addClass('dog'));
    await page.add('c.jpg', photo());
    await page.labelImport.readWaiting();
    const { items, splits } = page.labels.getState();
    expect(items['b.jpg']!.boxes.map(({ id }) => id)).toEqual([mine]);
    expect(items['c.jpg']!.boxes).toHaveLength(1);
    expect(splits).toEqual({ 'a.jpg': 'train', 'c.jpg': 'val' });
    expect(page.texts.size).toBe(0);
  });

  it('are no longer refused when their images have come', async () => {
    const page = fixture();
    await page.add('a.jpg', photo());
    const refused = (): string[] => page.store.getState().refusals.map(({ message }) => message);
    await read(page, {
      'a.xml': xml('a.jpg', [1, 1, 4, 4]),
      'b.xml': xml('b.jpg', [2, 2, 4, 4]),
      'c.xml': xml('c.jpg', [2, 2, 4, 4]),
      'bad.xml': '<annotation><object></annotation>',
    });
    expect(refused()).toHaveLength(2);
    expect(refused()).toContainEqual(expect.stringContaining('names 2 images that are not there'));
    await page.add('b.jpg', photo());
    await page.labelImport.readWaiting();
    expect(refused()).toHaveLength(2);
    expect(refused()).toContainEqual(expect.stringContaining('names 1 images that are not there'));
    await page.add('c.jpg', photo());
    await page.labelImport.readWaiting();
    expect(refused()).toHaveLength(1);
    expect(page.store.getState().refusals[0]!.subject).toContain('bad.xml');
  });

  it('of YOLO wait, too, wherever the photo lies', async () => {
    const page = fixture();
    await read(page, { 'set/data.yaml': 'names: [cat]\ntrain: images\n', 'set/labels/a.txt': '0 0.5 0.5 0.5 0.5\n' });
    expect(page.texts.size).toBe(2);
    await page.add('downloads/a.jpg', photo());
    await page.labelImport.readWaiting();
    expect(page.labels.getState().items['downloads/a.jpg']!.boxes[0]!.box).toEqual([2, 2, 6, 6]);
    expect(page.texts.size).toBe(0);
  });

  it('that are damaged are named, and the good part is kept', async () => {
    const page = fixture();
    await page.add('a.jpg', photo());
    const problems = await read(page, {
      'a.xml': xml('a.jpg', [1, 1, 4, 4]),
      'b.xml': `${xml('b.jpg', [1, 1, 4, 4]).slice(0, 60)}\n<oops`,
    });
    expect(problems.map(({ subject }) => subject)).toContain('b.xml');
    expect(page.store.getState().refusals).toEqual(problems);
    expect(page.labels.getState().items['a.jpg']!.boxes).toHaveLength(1);
  });

  it('of another copy of the photo are refused with both sizes', async () => {
    const page = fixture();
    await page.add('a.jpg', photo(8, 6));
    const problems = await read(page, { 'a.xml': xml('a.jpg', [1, 1, 4, 4]) });
    expect(problems[0]!.message).toMatch(/8 x 6 pixels, got labels of 8 x 8/);
    expect(page.labels.getState().items).toEqual({});
  });

  it('are no other texts', async () => {
    const page = fixture();
    const problems = await read(page, { 'notes.txt': 'hello', 'README.md': '# hello' });
    expect(problems.map(({ subject }) => subject)).toEqual(['notes.txt']);
  });

  it('splits.json alone is for the images that are here; a choice leaves the others aside', async () => {
    const page = fixture();
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await page.add(name, photo());
    expect(await read(page, { 'splits.json': '{"train": ["a", "b"], "few_shot_1": ["b"], "val": ["c"]}' })).toEqual([]);
    expect(page.labels.getState().splits).toEqual({ 'a.jpg': 'train', 'b.jpg': 'train', 'c.jpg': 'val' });
    page.splits.choose('few_shot_1');
    expect(page.labels.getState().splits).toEqual({ 'a.jpg': 'none', 'b.jpg': 'train', 'c.jpg': 'val' });
    page.splits.choose('train');
    expect(page.labels.getState().splits).toEqual({ 'a.jpg': 'train', 'b.jpg': 'train', 'c.jpg': 'val' });
  });
});

describe('what comes out', () => {
  const coco = JSON.stringify({
    info: { year: 2017 },
    images: [
      { id: 7, file_name: 'b.jpg', width: 8, height: 8, coco_url: 'x' },
      { id: 3, file_name: 'a.jpg', width: 8, height: 8 },
    ],
    annotations: [
      {
        id: 12,
        image_id: 3,
        category_id: 5,
        bbox: [1, 1, 2.5, 2],
        area: 5,
        iscrowd: 0,
        segmentation: [[1, 1, 2, 2, 3, 1]],
      },
      { id: 11, image_id: 7, category_id: 9, bbox: [0, 0, 2, 2], area: 4, iscrowd: 1, segmentation: { counts: [1] } },
    ],
    categories: [
      { id: 5, name: 'cat', supercategory: 'animal' },
      { id: 9, name: 'dog', supercategory: 'animal' },
    ],
  });

  it('is what went in, whatever the order of the strip', async () => {
    const page = fixture();
    await page.add('x/a.jpg', photo());
    await page.add('x/b.jpg', photo());
    await read(page, { 'x/labels.json': coco });
    const written = await page.labelExport.write('coco', false);
    expect(written.files.get('annotations.json')).toBe(coco);
    page.labels.getState().undo();
    page.labels.getState().redo();
    expect((await page.labelExport.write('coco', false)).files.get('annotations.json')).toBe(coco);
    expect((await page.labelExport.write('yolo', true)).files.has('data.yaml')).toBe(true);
  });

  it('has new boxes beside the old ones, and names of their own for images of one name', async () => {
    const page = fixture();
    await page.add('a.jpg', photo(), 'one');
    await page.add('a.jpg', photo(4, 4), 'two');
    const { addClass, addBox } = page.labels.getState();
    const cat = addClass('cat');
    addBox('one', [1, 1, 3, 3], cat);
    addBox('two', [0, 0, 2, 2], cat);
    const json = JSON.parse((await page.labelExport.write('coco', false)).files.get('annotations.json')!);
    expect(json.images.map(({ file_name, width }: { file_name: string; width: number }) => [file_name, width])).toEqual(
      [
        ['a.jpg', 8],
        ['a-2.jpg', 4],
      ],
    );
    expect(json.annotations.map(({ bbox }: { bbox: number[] }) => bbox)).toEqual([
      [1, 1, 2, 2],
      [0, 0, 2, 2],
    ]);
  });

  it('is nothing where nothing is labelled', async () => {
    await expect(fixture().labelExport.write('voc', false)).rejects.toThrow(/expected labelled images/);
  });
});

describe('a zip archive with images', () => {
  it.each(['coco', 'yolo', 'voc'] as const)(
    'as %s brings boxes, classes and splits to another machine',
    async (format) => {
      const page = fixture();
      for (const name of ['a.jpg', 'trip/b.jpg', 'c.jpg']) await page.add(name, photo());
      const { addClass, addBox, setReviewed, setSplits } = page.labels.getState();
      const [dog, cat] = [addClass('dog'), addClass('cat')];
      addBox('a.jpg', [1, 1, 4.5, 3.25], cat);
      addBox('trip/b.jpg', [0, 0, 8, 8], dog);
      setReviewed('c.jpg', true);
      setSplits({ 'a.jpg': 'train', 'trip/b.jpg': 'val', 'c.jpg': 'train' });
      const written = await page.labelExport.write(format, true);
      const archive = await labelPorts.zip(written, async (file) => page.pictures.blob(written.imageIds.get(file)!));

      const other = fixture();
      const texts = new Map<string, File>();
      for await (const found of collectImages([new File([archive], 'labels.zip')])) {
        if ('file' in found) await other.add(found.path, found.file);
        else if ('text' in found) texts.set(found.path, found.text);
        else throw new Error(`unexpected ${JSON.stringify(found)}`);
      }
      expect(await other.labelImport.read(texts)).toEqual([]);
      const { items, classes, splits } = other.labels.getState();
      const named = Object.fromEntries(
        Object.entries(items).map(([id, { boxes, reviewed }]) => [
          id.replace(/^.*\//, ''),
          [
            splits[id],
            reviewed,
            boxes.map(({ box, classId }) => [classes.find((each) => each.id === classId)!.name, ...box]),
          ],
        ]),
      );
      expect(named).toEqual({
        'a.jpg': ['train', true, [['cat', 1, 1, 4.5, 3.25]]],
        'b.jpg': ['val', true, [['dog', 0, 0, 8, 8]]],
        'c.jpg': ['train', true, []],
      });
    },
  );
});

const raccoon = sharedDataset('raccoon');

describe.skipIf(!raccoon)('the raccoon photos of ../shared', () => {
  const textPath = (path: string): boolean => !path.endsWith('.jpg');

  async function imported(): Promise<Fixture> {
    const page = fixture();
    const files = filesOnDisk(raccoon!);
    for (const [path, open] of files) if (!textPath(path)) await page.add(`raccoon/${path}`, await open());
    const texts = [...files].filter(([path]) => textPath(path));
    const blobs = await Promise.all(texts.map(async ([path, open]) => [`raccoon/${path}`, await open()] as const));
    expect(await page.labelImport.read(new Map(blobs))).toEqual([]);
    return page;
  }

  it('come in whole, with their splits, and go out as the same texts', async () => {
    const page = await imported();
    const splits: Record<string, string[]> = JSON.parse(readFileSync(join(raccoon!, 'splits.json'), 'utf8'));
    const { images, splitChoices } = page.store.getState();
    const effective = Object.values(effectiveSplits(page.labels.getState()));
    const count = (split: string) => effective.filter((each) => each === split).length;
    expect([count('train'), count('val')]).toEqual([splits['train']!.length, splits['val']!.length]);
    // Near-duplicates that the lists leave out.
    expect(count('none')).toBe(images.length - splits['train']!.length - splits['val']!.length);
    expect(splitChoices['few_shot_10']).toHaveLength(10);
    const written = await page.labelExport.write('voc', false);
    const xmls = [...written.files].filter(([path]) => path.endsWith('.xml'));
    expect(xmls).toHaveLength(images.length);
    for (const [path, text] of xmls) {
      const name = path.replace(/^.*\//, '');
      expect(text.trim(), path).toBe(readFileSync(join(raccoon!, 'annotations', name), 'utf8').trim());
    }
    expect(JSON.parse(written.files.get('splits.json')!)).toEqual(splits);
  });

  it('teach with ten of them, the held-out ones held out', async () => {
    const page = await imported();
    page.splits.choose('few_shot_10');
    page.splits.update();
    const data = trainingDataOf(page.labels.getState(), page.store.getState().images, (id) => page.pictures.blob(id));
    expect(data.classes).toEqual(['raccoon']);
    const of = (part: string) => data.images.filter(({ split }) => split === part);
    expect(of('train')).toHaveLength(10);
    expect(of('val')).toHaveLength(page.store.getState().splitChoices['val']!.length);
    for (const { labels } of data.images) {
      expect(labels!.classes.length).toBeGreaterThanOrEqual(1);
      expect(labels!.boxes.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});
