import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CocoNumbers } from '../../lib/types';
import { readCoco, type CocoDataset, type CocoDetection } from '../coco';
import { evaluateDetections } from './evaluate';
import cases from './testing/pycocotools-cases.json';

const SHARED = '../shared';
const WHY_SKIPPED = 'the folder ../shared (answers of pycocotools) is not beside the project';

type Numbers = Record<string, number>;

/** Greatest difference over the keys of `expected`; Infinity for a missing key or NaN. */
function difference(got: Numbers, expected: Numbers): number {
  let most = 0;
  for (const [key, value] of Object.entries(expected)) {
    const d = Math.abs((got[key] ?? NaN) - value);
    if (!(d <= most)) most = Number.isNaN(d) ? Infinity : d;
  }
  return most;
}

function split(result: CocoNumbers & { perClassAP: Numbers }): [Numbers, Numbers] {
  const { perClassAP, ...numbers } = result;
  return [numbers, perClassAP];
}

/** The file holds detections as lists: [image_id, category_id, x, y, w, h, score]. */
function unpack(list: readonly number[]): CocoDetection {
  const [image_id, category_id, x, y, w, h, score] = list as [number, number, number, number, number, number, number];
  return { image_id, category_id, bbox: [x, y, w, h], score };
}

describe('evaluateDetections', () => {
  it.each(Object.entries(cases.cases))(
    'gives the numbers of pycocotools: %s',
    (_, { dataset, detections, expected, perClassAP }) => {
      const read = readCoco(JSON.stringify(dataset), 'case');
      const [numbers, perClass] = split(evaluateDetections(read, detections.map(unpack)));
      expect(Object.keys(numbers)).toHaveLength(12);
      expect(difference(numbers, expected)).toBeLessThanOrEqual(1e-8);
      expect(difference(perClass, perClassAP)).toBeLessThanOrEqual(1e-8);
      expect(Object.keys(perClass)).toHaveLength(Object.keys(perClassAP).length);
    },
  );

  it.for(['atto', 'femto'])('gives the numbers of pycocotools on coco_val204: DEIMv2-%s', (model, { skip }) => {
    skip(!existsSync(SHARED), WHY_SKIPPED);
    const text = (path: string): string => readFileSync(`${SHARED}/${path}`, 'utf8');
    const reference = JSON.parse(text(`reference/coco_eval/expected_deimv2_${model}.json`)) as {
      expected: Numbers;
      per_class_AP: Numbers;
    };
    const dataset = readCoco(text('datasets/coco_val204/annotations.json'), 'annotations.json');
    const detections = JSON.parse(text(`reference/coco_eval/detections_deimv2_${model}.json`)) as CocoDetection[];
    const started = performance.now();
    const [numbers, perClass] = split(evaluateDetections(dataset, detections));
    const ms = performance.now() - started;
    expect(difference(numbers, reference.expected)).toBeLessThanOrEqual(1e-6);
    expect(difference(perClass, reference.per_class_AP)).toBeLessThanOrEqual(1e-6);
    expect(Object.keys(perClass)).toHaveLength(80);
    // 204 images x 100 detections x 80 classes take about half a second; the bound is for a busy machine.
    expect(ms).toBeLessThan(5000);
  });
});

const dataset = (annotations: unknown[], images = 2): CocoDataset =>
  readCoco(
    JSON.stringify({
      images: Array.from({ length: images }, (_, i) => ({ id: i + 1, file_name: `${i}.jpg`, width: 100, height: 100 })),
      categories: [{ id: 3, name: 'cat' }],
      annotations,
    }),
    'a.json',
  );
const object = (id: number, image_id: number): unknown => ({ id, image_id, category_id: 3, bbox: [10, 10, 40, 40] });
const detection = (image_id: number, score: number, x = 10): CocoDetection => ({
  image_id,
  category_id: 3,
  bbox: [x, 10, 40, 40],
  score,
});

describe('what counts', () => {
  it('a perfect detection gives 1', () => {
    const result = evaluateDetections(dataset([object(1, 1)]), [detection(1, 0.5)]);
    // pycocotools adds an epsilon to the divisor of the precision, so 1 is missed by it.
    const perfect = { AP: 1, AR1: 1, APm: 1, APs: -1, AP50: 1 };
    expect(difference(split(result)[0], perfect)).toBeLessThanOrEqual(1e-12);
    expect(difference(result.perClassAP, { cat: 1 })).toBeLessThanOrEqual(1e-12);
  });
  it('an object with id 0 can be found', () => {
    expect(evaluateDetections(dataset([object(0, 1)]), [detection(1, 0.5)]).AP).toBeCloseTo(1, 12);
  });
  it('only the images asked for', () => {
    const labels = dataset([object(1, 1), object(2, 2)]);
    expect(evaluateDetections(labels, [detection(1, 0.5)]).AR1).toBe(0.5);
    expect(evaluateDetections(labels, [detection(1, 0.5), detection(2, 0.9, 60)], [1]).AP).toBeCloseTo(1, 12);
  });
  it('no detections: 0; no objects: -1', () => {
    expect(evaluateDetections(dataset([object(1, 1)]), []).AP).toBe(0);
    expect(evaluateDetections(dataset([]), [detection(1, 0.5)]).AP).toBe(-1);
  });
  it('a score that is not a number is refused', () => {
    expect(() => evaluateDetections(dataset([]), [detection(1, NaN)])).toThrow('detection 0: expected finite numbers');
  });
});
