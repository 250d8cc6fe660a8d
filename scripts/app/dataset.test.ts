import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDataset } from './dataset';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepdetr-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: unknown = ''): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const coco = (...names: string[]) => ({ images: names.map((file_name) => ({ file_name })) });

test('a folder with annotations.json and images/, in the order of the annotations', () => {
  const annotations = write('annotations.json', coco('b.jpg', 'a.jpg', 'missing.jpg'));
  const [a, b] = [write('images/a.jpg'), write('images/b.jpg')];
  expect(findDataset(folder)).toEqual({ annotations, images: [b, a] });
  expect(findDataset(folder, 1).images).toEqual([b]);
});

test("COCO's own folders: annotations/instances_val2017.json beside val2017/", () => {
  const annotations = write('annotations/instances_val2017.json', coco('a.jpg'));
  const image = write('val2017/a.jpg');
  expect(findDataset(annotations)).toEqual({ annotations, images: [image] });
});

test('Pascal VOC is refused by name', () => {
  write('Annotations/a.xml', '<annotation/>');
  write('splits.json', {});
  expect(() => findDataset(folder)).toThrow(/Pascal VOC/);
});

test.each([
  ['no such file', () => findDataset(join(folder, 'none'))],
  ['no JSON file', () => findDataset(folder)],
  ['a list "images"', () => findDataset(write('a.json', {}))],
  ['expected COCO JSON', () => findDataset(write('a.json', '{'))],
  ['found none of them', () => findDataset(write('a.json', coco('a.jpg')))],
])('says what is wrong: %s', (message, find) => {
  expect(find).toThrow(message);
});
