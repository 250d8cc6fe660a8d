import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/random';
import type { Labels } from '../../lib/set-prediction';
import { noisyLabels, type NoisyLabels } from './noisy-labels';

const one: Labels = { classes: [4], boxes: Float32Array.of(0.5, 0.5, 0.2, 0.1) };
const two: Labels = { classes: [1, 7], boxes: Float32Array.of(0.3, 0.4, 0.2, 0.2, 0.7, 0.6, 0.3, 0.4) };
const make = (labels: (Labels | null)[], copies: number, seed = 1): NoisyLabels =>
  noisyLabels(labels, { copies, classes: 10, random: seededRandom(seed) })!;
const corners = (boxes: Float32Array, at: number): number[] => {
  const [cx, cy, w, h] = [...boxes.subarray(at * 4, at * 4 + 4)] as [number, number, number, number];
  return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
};

test('every image has its copies, every row all labels near and far', () => {
  const { rows, queries, sets, weights, classes, boxes } = make([one, null, two], 3);
  expect([rows, queries]).toEqual([9, 4]);
  expect([classes.length, boxes.length, sets.length]).toEqual([36, 144, 9]);
  expect(Array.from(sets[0]!.labels.classes)).toEqual([4, 4]);
  expect(Array.from(sets[3]!.labels.classes)).toEqual([]);
  expect(Array.from(sets[8]!.labels.classes)).toEqual([1, 7]);
  expect([...sets[8]!.match.queries]).toEqual([0, 1]);
  expect([...sets[8]!.match.labels]).toEqual([0, 1]);
  expect([...weights].map((w) => Math.round(w * 1e6) / 1e6)).toEqual(
    [1, 1, 1, 0, 0, 0, 1, 1, 1].map((w) => Math.round((w / 6) * 1e6) / 1e6),
  );
});

test('near corners move by less than half a side, far ones by half a side to a whole one', () => {
  const copies = 200;
  const { boxes } = make([one], copies);
  const half = [0.1, 0.05, 0.1, 0.05];
  const original = [0.4, 0.45, 0.6, 0.55];
  let furthest = 0;
  for (let row = 0; row < copies; row++) {
    // a far copy's corners may change places: then they cannot be told apart
    const near = corners(boxes, row * 2).map((v, i) => Math.abs(v - original[i]!) / half[i]!);
    for (const moved of near) expect(moved).toBeLessThanOrEqual(1 + 1e-5);
    furthest = Math.max(furthest, ...near);
    const far = corners(boxes, row * 2 + 1);
    for (const value of far) expect(value).toBeGreaterThanOrEqual(0);
    const apart = far.map((v, i) => Math.abs(v - original[i]!) / half[i]!);
    const swapped = [0, 1].map(
      (i) => Math.max(Math.abs(far[i]! - original[i + 2]!), Math.abs(far[i + 2]! - original[i]!)) / half[i]!,
    );
    for (const i of [0, 1]) {
      const kept = Math.min(apart[i]!, apart[i + 2]!) >= 1 - 1e-5;
      expect(kept || swapped[i]! >= 1 - 1e-5).toBe(true);
    }
  }
  expect(furthest).toBeGreaterThan(0.9);
});

test('a quarter of the copies claim a class drawn at random', () => {
  const { classes } = make([one], 2000);
  const other = classes.filter((c) => c !== 4).length / classes.length;
  expect(Math.abs(other - 0.25 * 0.9)).toBeLessThanOrEqual(0.03);
  expect(new Set(classes).size).toBe(10);
});

test('the same stream gives the same noise', () => {
  expect(make([two], 2, 5)).toEqual(make([two], 2, 5));
  expect(make([two], 2, 6).boxes).not.toEqual(make([two], 2, 5).boxes);
});

test('without a label there is nothing to put right', () => {
  expect(
    noisyLabels([null, { classes: [], boxes: new Float32Array(0) }], {
      copies: 2,
      classes: 3,
      random: seededRandom(1),
    }),
  ).toBeNull();
});
