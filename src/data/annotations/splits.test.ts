import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { automaticSplit, type Part } from './auto-split';
import { readSplits, readSplitsJson, writeSplits } from './splits';
import { filesOnDisk, sentences, sharedDataset } from './testing';
import type { LabelSet } from './types';
import { readVoc } from './voc-read';

const images = ['a/1.jpg', 'b/1.jpg', 'größe 2.png', 'c/d/3.jpg', '3x.png', '3x.jpg'].map((file) => ({ file }));

describe('readSplits', () => {
  it('finds images by path, name and stem', () => {
    const text = JSON.stringify({
      train: ['a/1', 'größe 2', 'd/3.jpg', './b\\1.jpg', 'a/1.jpg'],
      val: ['3', '3x.png'],
    });
    const { splits, problems } = readSplits(text, 'splits.json', images);
    expect(problems).toEqual([]);
    expect(splits).toEqual({ train: ['a/1.jpg', 'größe 2.png', 'c/d/3.jpg', 'b/1.jpg'], val: ['c/d/3.jpg', '3x.png'] });
  });

  it('names what means nothing or two things', () => {
    const { splits, problems } = readSplits('{"val": ["1", "none", "3x", "3"]}', 'splits.json', images);
    expect(splits).toEqual({ val: ['c/d/3.jpg'] });
    expect(sentences(problems)).toEqual([
      'splits.json: split val: expected names of labelled images, 3 of 4 mean none, or more than one: 1, none, 3x',
    ]);
  });

  it.each([
    ['[]', /splits\.json: expected a JSON object, got a list/],
    ['{"a": 1}', /a: expected a list of image names, got 1/],
    ['{"a": ["x", 2]}', /a\[1\]: expected the name of an image, got 2/],
    ['{"a": ["x"', /is not valid JSON at line 1/],
  ])('refuses %s', (text, message) => {
    expect(() => readSplitsJson(text, 'splits.json')).toThrow(message);
  });

  it('reads back what it wrote', () => {
    const splits = { train: ['a/1.jpg', '3x.png'], few: ['a/1.jpg'], 'val, 2': ['3x.jpg'] };
    const text = writeSplits(splits, images);
    expect(JSON.parse(text)).toEqual({ train: ['a/1', '3x.png'], few: ['a/1'], 'val, 2': ['3x.jpg'] });
    expect(readSplits(text, 'x', images)).toEqual({ splits, problems: [] });
  });

  it('tells an image from one of the same name in a folder', () => {
    const twins = [{ file: 'a.jpg' }, { file: 'x/a.jpg' }];
    const splits = { train: ['a.jpg'], val: ['x/a.jpg'] };
    expect(readSplits(writeSplits(splits, twins), 'splits.json', twins)).toEqual({ splits, problems: [] });
    const { splits: found } = readSplits('{"val": ["y/a.jpg"]}', 'splits.json', twins);
    expect(found).toEqual({ val: ['a.jpg'] });
  });

  for (const name of ['raccoon', 'bccd']) {
    const root = sharedDataset(name);
    it.skipIf(!root)(`of ${name} finds every image (needs ../shared)`, async () => {
      const files = filesOnDisk(root!);
      const xml = [...files.keys()].filter((path) => path.endsWith('.xml'));
      const { set } = await readVoc(files, '', xml);
      const text = readFileSync(join(root!, 'splits.json'), 'utf8');
      const { splits, problems } = readSplits(text, 'splits.json', set.images);
      expect(problems).toEqual([]);
      const lengths = (lists: object): object => Object.entries(lists).map(([split, list]) => [split, list.length]);
      expect(lengths(splits)).toEqual(lengths(JSON.parse(text) as object));
      expect(JSON.parse(writeSplits(splits, set.images))).toEqual(JSON.parse(text));
    });
  }
});

/** `count` images; image i holds class c where i is a multiple of every[c]. */
function labelled(count: number, every: readonly number[]): LabelSet {
  return {
    classes: every.map(String),
    images: Array.from({ length: count }, (_, i) => ({
      file: `${i}.jpg`,
      width: 9,
      height: 9,
      objects: every.flatMap((n, classIndex) => (i % n === 0 ? [{ classIndex, box: [0, 0, 1, 1] as const }] : [])),
    })),
  };
}

describe('automaticSplit', () => {
  it.each([1, 2, 3, 4, 5])('holds out a fifth of every class (seed %i)', (seed) => {
    const set = labelled(200, [2, 5, 20, 7]);
    const { train, val } = automaticSplit(set, { seed });
    expect([...train, ...val].sort()).toEqual(set.images.map(({ file }) => file).sort());
    expect(Math.abs(val.length - 40)).toBeLessThanOrEqual(2);
    for (const [classIndex, every] of [2, 5, 20, 7].entries()) {
      const all = set.images.filter(({ objects }) => objects.some((object) => object.classIndex === classIndex));
      const held = all.filter(({ file }) => val.includes(file)).length;
      expect(Math.abs(held - all.length / 5), `one in ${every}: ${held} of ${all.length}`).toBeLessThanOrEqual(2);
    }
  });

  it('is decided by seed and names, not by the order of the set', () => {
    const set = labelled(50, [2, 3]);
    const turned = { ...set, images: set.images.toReversed() };
    const first = automaticSplit(set, { seed: 7 });
    expect(automaticSplit(turned, { seed: 7 }).val.sort()).toEqual(first.val.toSorted());
    expect(automaticSplit(set, { seed: 8 }).val).not.toEqual(first.val);
  });

  it('keeps what was chosen by hand, and makes up for it', () => {
    const set = labelled(40, [1, 4]);
    const byHand = new Map<string, Part>(['0', '1', '2', '3', '4', '5'].map((name) => [`${name}.jpg`, 'val']));
    byHand.set('6.jpg', 'train');
    const { train, val } = automaticSplit(set, { seed: 1, byHand });
    expect(val).toEqual(expect.arrayContaining(['0.jpg', '1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']));
    expect(train).toContain('6.jpg');
    expect(val.length).toBeLessThanOrEqual(9);
  });

  it.each([
    [0, 0, 0],
    [1, 1, 0],
    [2, 1, 1],
    [3, 2, 1],
  ])('of %i images gives %i and %i', (count, train, val) => {
    const split = automaticSplit(labelled(count, [1]), { seed: 3 });
    expect([split.train.length, split.val.length]).toEqual([train, val]);
  });

  it.each([0, 1, -0.1, NaN])('refuses a share of %f', (heldOut) => {
    expect(() => automaticSplit(labelled(3, [1]), { seed: 1, heldOut })).toThrow(/expected a held-out share/);
  });
});
