/** The readers and writers of labels in the browser itself, where the libraries for XML, YAML and zip are other builds. */
import { expect, test } from 'vitest';
import { filesOfZip } from './files';
import { readLabels } from './read-labels';
import type { LabelFormat, LabelSet } from './types';
import { writeLabels, zipLabels } from './write-labels';

const set: LabelSet = {
  classes: ['cat, "big"', 'größe & <co>'],
  images: [
    { file: 'sub dir/a 日本.png', width: 40, height: 30, objects: [{ classIndex: 1, box: [1, 2, 11, 27] }] },
    { file: 'b.png', width: 40, height: 30, objects: [{ classIndex: 0, box: [8, 3, 16, 9] }] },
  ],
};

test.each<LabelFormat>(['coco', 'yolo', 'voc'])('%s goes into an archive and comes back', async (format) => {
  const image = await drawn().convertToBlob();
  const zip = await zipLabels(writeLabels(format, set, { val: ['b.png'] }), () => Promise.resolve(image));
  const read = await readLabels(await filesOfZip(zip, 'labels.zip'));
  expect(read.problems).toEqual([]);
  expect(read.format).toBe(format);
  expect(read.images.size).toBe(2);
  expect(read.splits.val).toHaveLength(1);
  const shown = read.set.images.flatMap(({ objects }) =>
    objects.map(({ classIndex, box }) => [read.set.classes[classIndex], ...box.map((edge) => Number(edge.toFixed(9)))]),
  );
  expect(shown.sort()).toEqual([
    ['cat, "big"', 8, 3, 16, 9],
    ['größe & <co>', 1, 2, 11, 27],
  ]);
});

function drawn(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext('2d')!.fillRect(0, 0, 20, 20);
  return canvas;
}
