import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DatasetFiles } from './files';
import { filesOfTexts, filesOnDisk, sentences, sharedDataset, textsOf } from './testing';
import type { LabelSet, ReadResult } from './types';
import { readVoc } from './voc-read';
import { writeVoc } from './voc-write';

const box = (edges: string): string => {
  const [xmin, ymin, xmax, ymax] = edges.split(' ');
  return `<bndbox>
			<xmin>${xmin}</xmin>
			<ymin>${ymin}</ymin>
			<xmax>${xmax}</xmax>
			<ymax>${ymax}</ymax>
		</bndbox>`;
};
const annotation = (filename: string, ...objects: string[]): string => `<annotation verified="yes">
	<folder>x</folder>
	<filename>${filename}</filename>
	<source>
		<database>a &lt;b&gt; &amp; "c"</database>
	</source>
	<size>
		<width>100.0</width>
		<height>50</height>
		<depth>3</depth>
	</size>
${objects.map((object) => `	<object>\n		${object}\n	</object>\n`).join('')}	<segmented>0</segmented>
</annotation>
`;
const good = `<name>l'été, "1"</name>
		<difficult>1</difficult>
		${box('1 1 100 50')}
		<part>
			<name>ear</name>
			${box('1 1 2 2').replaceAll('\n', '\n\t')}
		</part>`;
const texts = {
  'Annotations/sub dir/größe 日本.xml': annotation(
    'größe 日本.jpg',
    good,
    `<name>cat</name>\n		${box('-5 10.25 300 51.50')}`,
  ),
  'Annotations/empty.xml': annotation('empty.jpg'),
  'JPEGImages/sub dir/größe 日本.jpg': '',
  'JPEGImages/empty.jpg': '',
  'ImageSets/Main/train.txt': 'sub dir/größe 日本\n',
  'ImageSets/Main/cat_train.txt': 'empty -1\n',
};
const xmlOf = (files: DatasetFiles): string[] => [...files.keys()].filter((path) => path.endsWith('.xml'));
const read = (all: Record<string, string>): Promise<ReadResult> => {
  const files = filesOfTexts(all);
  return readVoc(files, '', xmlOf(files));
};

describe('Pascal VOC', () => {
  it('is read with edges between pixels, classes by name and splits', async () => {
    const { set, splits, problems } = await read(texts);
    expect(problems).toEqual([]);
    expect(set.classes).toEqual(['cat', 'l\'été, "1"']);
    expect(set.images.map(({ file, width, height }) => [file, width, height])).toEqual([
      ['empty.jpg', 100, 50],
      ['sub dir/größe 日本.jpg', 100, 50],
    ]);
    const [first, second] = set.images[1]!.objects;
    expect(first).toMatchObject({ classIndex: 1, box: [0, 0, 100, 50], difficult: true });
    expect(second).toMatchObject({ classIndex: 0, box: [-6, 9.25, 300, 51.5] });
    expect(second!.difficult).toBeUndefined();
    expect(splits).toEqual({ train: ['sub dir/größe 日本.jpg'] });
  });

  it('comes back byte for byte, at the same places', async () => {
    const { set, splits } = await read(texts);
    const written = writeVoc(set, splits);
    const labels = Object.entries(texts).filter(([path, text]) => text !== '' && !path.includes('cat_train'));
    expect(textsOf(written)).toEqual(Object.fromEntries(labels));
    expect(Object.fromEntries(written.images)).toEqual({
      'JPEGImages/empty.jpg': 'empty.jpg',
      'JPEGImages/sub dir/größe 日本.jpg': 'sub dir/größe 日本.jpg',
    });
  });

  it('writes what was changed and added, and reads it back', async () => {
    const { set } = await read(texts);
    const [empty, full] = set.images;
    const moved = { ...full!.objects[0]!, box: [0.1, 1.7, 3.3, 4.4], classIndex: 2, difficult: false, crowd: true };
    const changed: LabelSet = {
      classes: [...set.classes, '<new> & co'],
      images: [
        empty!,
        { ...full!, objects: [moved as never, full!.objects[1]!] },
        { file: 'deep/new one.png', width: 7, height: 8, objects: [{ classIndex: 0, box: [2, 3, 3, 4] }] },
      ],
    };
    const written = writeVoc(changed, { val: ['deep/new one.png'] });
    expect(written.images.get('JPEGImages/deep/new one.png')).toBe('deep/new one.png');
    expect(written.files.get('ImageSets/Main/val.txt')).toBe('deep/new one\n');
    const again = await read(textsOf(written));
    expect(again.problems).toEqual([]);
    expect(again.splits).toEqual({ val: ['deep/new one.png'] });
    const plain = (from: LabelSet): unknown =>
      from.images
        .map(({ file, width, height, objects }) => ({
          file,
          width,
          height,
          objects: objects.map(({ classIndex, box: b, difficult, crowd }) => [
            from.classes[classIndex],
            b.map((edge) => Number(edge.toFixed(9))),
            difficult ?? false,
            crowd ?? false,
          ]),
        }))
        .sort((a, b) => (a.file < b.file ? -1 : 1));
    expect(plain(again.set)).toEqual(plain(changed));
    const whole = writeVoc(changed, {}, { wholePixels: true }).files.get('Annotations/sub dir/größe 日本.xml')!;
    expect([...whole.matchAll(/<[xy]m..>([^<]*)</g)].map((found) => found[1])).toEqual([
      '1',
      '3',
      '3',
      '4',
      '1',
      '1',
      '2',
      '2',
      '-5',
      '10',
      '300',
      '52',
    ]);
  });

  it('keeps the good part of damaged files, and says where they are damaged', async () => {
    const { set, problems } = await read({
      'a/1.xml': annotation(
        '1.jpg',
        good,
        good.replace('<xmax>100<', '<xmax>0<'),
        good.replace('<ymin>1<', '<ymin>x<'),
      ),
      'a/2.xml': annotation('2.jpg', good).slice(0, 500),
      'a/3.xml': annotation('1.jpg', good),
      'a/4.xml': annotation('4.jpg', good.replace('name>', 'nom>').replace('/name>', '/nom>')),
      'a/5.xml': annotation('5.jpg', good).replace('>50<', '>none<'),
      'a/6.xml': '<html/>',
      'a/7.xml': '',
      'a/8.xml': annotation('8.jpg', `<name>cat</name>${box('101 1 120 20')}`),
    });
    expect(sentences(problems)).toEqual([
      'a/1.xml: line 34: expected a box with an area, got the edges [0, 0, 0, 50]',
      'a/1.xml: line 55: <ymin>: expected a number, got "x"',
      expect.stringMatching(/^a\/2\.xml: is not valid XML at line \d+, column \d+: unclosed xml tag/),
      'a/3.xml: <filename>: expected an image of its own, got 1.jpg again',
      'a/4.xml: line 12: expected <name> in <object>, there is none',
      'a/5.xml: line 9: <height>: expected a number, got "none"',
      'a/6.xml: line 1: expected <annotation>, got <html>',
      'a/7.xml: is not valid XML: missing root element',
      'a/8.xml: line 13: expected a box that touches the image of 100 x 50 pixels, got the edges [100, 0, 120, 20]',
    ]);
    expect(set.images.map(({ file, objects }) => [file, objects.length])).toEqual([
      ['1.jpg', 1],
      ['4.jpg', 0],
      ['8.jpg', 0],
    ]);
  });

  it('finds the image by the name of the XML file where the annotation names another', async () => {
    const { set } = await read({ 'annotations/7.xml': annotation('wrong.png', good), 'images/7.jpg': '' });
    expect(set.images[0]!.file).toBe('7.jpg');
    expect(writeVoc(set, {}).files.get('annotations/7.xml')).toBe(annotation('wrong.png', good));
  });

  for (const [name, folder, images, objects, identical] of [
    ['raccoon', 'annotations', 200, 217, 200],
    ['bccd', 'Annotations', 364, 4888, 361],
  ] as const) {
    const root = sharedDataset(name);
    it.skipIf(!root)(`of ${name} comes back as it was (needs ../shared)`, async () => {
      const files = filesOnDisk(root!);
      const { set, problems } = await readVoc(files, '', xmlOf(files));
      expect(problems).toEqual([]);
      expect(set.images.length).toBe(images);
      expect(set.images.reduce((sum, image) => sum + image.objects.length, 0)).toBe(objects);
      const written = textsOf(writeVoc(set, {}));
      const texts = Object.entries(written).map(([path, text]) => [text, readFileSync(join(root!, path), 'utf8')]);
      expect(texts.length).toBe(images);
      expect(texts.filter(([ours, theirs]) => ours === theirs).length).toBe(identical);
      const squeezed = (text: string): string => text.replace(/>\s+</g, '><').trim();
      for (const [ours, theirs] of texts) expect(squeezed(ours!)).toBe(squeezed(theirs!));
      for (const path of xmlOf(files)) expect(written[path], `${folder}: ${path}`).toBeDefined();
    });
  }
});
