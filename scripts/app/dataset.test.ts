import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCoco } from '../../src/data/coco';
import { findDataset } from './dataset';

const coco = JSON.stringify({
  images: [
    { id: 1, file_name: 'a.jpg', width: 4, height: 3 },
    { id: 2, file_name: 'b.jpg', width: 4, height: 3 },
  ],
  annotations: [{ id: 9, image_id: 2, category_id: 1, bbox: [0, 0, 2, 2], area: 1 }],
  categories: [{ id: 1, name: 'cat' }],
});
const voc = (name: string): string =>
  `<annotation><filename>${name}</filename><size><width>4</width><height>3</height></size>` +
  '<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dataset-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('findDataset', () => {
  it("knows COCO's own folders: annotations/instances_val2017.json beside val2017/", async () => {
    write({ 'annotations/instances_val2017.json': coco, 'val2017/a.jpg': '', 'val2017/b.jpg': '' });
    const found = await findDataset(join(folder, 'annotations/instances_val2017.json'));
    expect(found.images).toEqual([join(folder, 'val2017/a.jpg'), join(folder, 'val2017/b.jpg')]);
  });

  it('gives a COCO file as it is, with the images that are there', async () => {
    write({ 'annotations.json': coco, 'images/a.jpg': '', 'splits.json': '{"val": ["b"]}' });
    const found = await findDataset(folder);
    expect(found.annotations).toBe(join(folder, 'annotations.json'));
    expect(found.images).toEqual([join(folder, 'images/a.jpg')]);
    expect(found.problems[0]).toMatch(/names 1 images that are not there: b\.jpg/);
    expect((await findDataset(join(folder, 'annotations.json'))).images).toEqual(found.images);
  });

  it("finds COCO's own layout", async () => {
    write({ 'annotations/instances_val2017.json': coco, 'val2017/a.jpg': '', 'val2017/b.jpg': '' });
    const found = await findDataset(join(folder, 'annotations/instances_val2017.json'));
    expect(found.images.map((path) => basename(path))).toEqual(['a.jpg', 'b.jpg']);
  });

  it('follows links, but not in a circle, and passes over one that leads nowhere', async () => {
    write({ 'data/annotations.json': coco, 'elsewhere/a.jpg': '', 'b.jpg': '' });
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'data/images'));
    symlinkSync(join(folder, 'b.jpg'), join(folder, 'data/b.jpg'));
    symlinkSync(join(folder, 'data'), join(folder, 'elsewhere/again'));
    symlinkSync(join(folder, 'nothing'), join(folder, 'data/nothing.jpg'));
    const { images } = await findDataset(join(folder, 'data'));
    expect(images).toEqual([join(folder, 'data/images/a.jpg'), join(folder, 'data/b.jpg')]);
  });

  it('writes one split as COCO, with the ids it had', async () => {
    write({ 'annotations.json': coco, 'images/a.jpg': '', 'images/b.jpg': '', 'splits.json': '{"val": ["b"]}' });
    const found = await findDataset(folder, { split: 'val' });
    const read = readCoco(readFileSync(found.annotations, 'utf8'), 'written');
    expect(read.images.map(({ id, file_name }) => [id, file_name])).toEqual([[2, 'b.jpg']]);
    expect(read.annotations).toMatchObject([{ id: 9, area: 1 }]);
    expect(found.images).toEqual([join(folder, 'images/b.jpg')]);
    found.dispose();
    expect(existsSync(found.annotations)).toBe(false);
    await expect(findDataset(folder, { split: 'test' })).rejects.toThrow(
      /--split test: there is no such split, only val/,
    );
  });

  it('writes Pascal VOC as COCO', async () => {
    write({
      'annotations/a.xml': voc('a.jpg'),
      'annotations/b.xml': voc('b.jpg').slice(0, 90),
      'images/a.jpg': '',
      'images/b.jpg': '',
    });
    const found = await findDataset(folder);
    const read = readCoco(readFileSync(found.annotations, 'utf8'), 'written');
    found.dispose();
    expect(read.annotations).toMatchObject([{ bbox: [0, 0, 2, 2], area: 4, iscrowd: 0 }]);
    expect(found.problems).toEqual([expect.stringMatching(/^annotations\/b\.xml: is not valid XML at line 1/)]);
  });

  it('says what is wrong', async () => {
    await expect(findDataset(join(folder, 'none'))).rejects.toThrow(/there is no such file or folder/);
    await expect(findDataset(folder)).rejects.toThrow(/got no files/);
    write({ 'a/1.json': coco, 'b/x.xml': voc('x.jpg') });
    await expect(findDataset(folder)).rejects.toThrow(
      /COCO JSON \(a\/1\.json\) and Pascal VOC \(b\/x\.xml\): name one/,
    );
    write({ 'c/1/a.jpg': '', 'c/2/a.jpg': '', 'c/l.json': coco.replace('a.jpg', '1/b.jpg') });
    await expect(findDataset(join(folder, 'c'))).rejects.toThrow(/names of their own, got 1\/b\.jpg and b\.jpg/);
  });

  const raccoon = resolve('../shared/datasets/raccoon');
  it.skipIf(!existsSync(raccoon))('reads the splits of raccoon (needs ../shared)', async () => {
    const found = await findDataset(raccoon, { split: 'val', limit: 4 });
    const read = readCoco(readFileSync(found.annotations, 'utf8'), 'written');
    found.dispose();
    expect(found.problems).toEqual([]);
    expect([read.images.length, found.images.length]).toEqual([50, 4]);
    expect(read.categories.map(({ name }) => name)).toEqual(['raccoon']);
  });
});
