import { describe, expect, it } from 'vitest';
import type { ImageDetections } from '../lib/types';
import { readCoco } from './coco';
import { exportDetections, toCocoJson, toCsv, toJson, type ExportItem } from './export';

/** Two queries, two layers; the boxes of the second layer are those of the first moved to the right by a tenth. */
const result: ImageDetections = {
  model: 'm',
  width: 200,
  height: 100,
  layers: [0, 0.1].map((moved, index) => ({
    layer: index === 0 ? ('select' as const) : index,
    boxes: new Float32Array([0.5 + moved, 0.5, 0.5, 0.25, 0.0625 + moved, 0.5, 0.25, 1]),
    query: new Int32Array([1, 0, 0]),
    label: new Int32Array([1, 0, 2]),
    score: new Float32Array([0.75, 0.5, 0.1]),
  })),
  ms: { decode: 0, resize: 0, model: 0, post: 0 },
  retries: 0,
};
const CLASSES = ['cat', 'a "big", dog'];
const items: ExportItem[] = [
  { file: 'one.jpg', result, classes: CLASSES },
  { file: 'empty, folder/two.jpg', result: { ...result, layers: [] }, classes: ['bird', 'cat'] },
];

describe('exportDetections', () => {
  it('has the format of npm run detect', () => {
    expect(exportDetections('m', 'SwiftShader', items, { threshold: 0.5, layer: 0 })).toEqual({
      model: 'm',
      adapter: 'SwiftShader',
      images: [
        {
          file: 'one.jpg',
          width: 200,
          height: 100,
          detections: [
            { label: 'a "big", dog', score: 0.75, box: [0, 0, 37.5, 100], query: 1 },
            { label: 'cat', score: 0.5, box: [50, 37.5, 150, 62.5], query: 0 },
          ],
        },
        { file: 'empty, folder/two.jpg', width: 200, height: 100, detections: [] },
      ],
    });
  });

  it('takes the layer that is asked for, the last one for null', () => {
    const boxes = (layer: number | null): unknown =>
      exportDetections('m', 'a', items, { threshold: 0.6, layer }).images[0]!.detections[0]?.box;
    expect(boxes(1)).toEqual([7.5, 0, 57.5, 100]);
    expect(boxes(null)).toEqual(boxes(1));
    expect(boxes(2)).toBeUndefined();
  });

  it('names a class that has no name, and rounds noise away', () => {
    const [image] = exportDetections('m', 'a', items, { threshold: 0, layer: 0 }).images;
    expect(image!.detections[2]).toEqual({ label: 'class 2', score: 0.1, box: [50, 37.5, 150, 62.5], query: 0 });
  });

  it('is valid JSON as text', () => {
    expect(JSON.parse(toJson('m', 'a', items, { threshold: 0, layer: null }))).toEqual(
      exportDetections('m', 'a', items, { threshold: 0, layer: null }),
    );
  });
});

describe('toCsv', () => {
  it('quotes as RFC 4180 says', () => {
    expect(toCsv([{ ...items[0]!, file: 'a,b.jpg' }], { threshold: 0.5, layer: 0 })).toBe(
      'file,width,height,label,score,x0,y0,x1,y1,query\r\n' +
        '"a,b.jpg",200,100,"a ""big"", dog",0.75,0,0,37.5,100,1\r\n' +
        '"a,b.jpg",200,100,cat,0.5,50,37.5,150,62.5,0\r\n',
    );
  });
  it('is only the names without detections', () => {
    expect(toCsv(items, { threshold: 0.9, layer: 0 })).toBe('file,width,height,label,score,x0,y0,x1,y1,query\r\n');
  });
});

describe('toCocoJson', () => {
  it('is read back, with the categories of all images', () => {
    const text = toCocoJson(items, { threshold: 0.5, layer: 0 });
    const read = readCoco(text, 'out.json');
    expect(read.categories).toEqual([
      { id: 1, name: 'cat' },
      { id: 2, name: 'a "big", dog' },
      { id: 3, name: 'bird' },
    ]);
    expect(read.images).toEqual([
      { id: 1, file_name: 'one.jpg', width: 200, height: 100 },
      { id: 2, file_name: 'empty, folder/two.jpg', width: 200, height: 100 },
    ]);
    expect(read.annotations).toEqual([
      { id: 1, image_id: 1, category_id: 2, bbox: [0, 0, 37.5, 100], area: 3750, iscrowd: 0 },
      { id: 2, image_id: 1, category_id: 1, bbox: [50, 37.5, 100, 25], area: 2500, iscrowd: 0 },
    ]);
    expect((JSON.parse(text) as { annotations: { score: number }[] }).annotations.map(({ score }) => score)).toEqual([
      0.75, 0.5,
    ]);
  });
});
