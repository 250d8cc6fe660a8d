/** What a query looked at, as the worker says it: the embedded model on a shipped sample, memory that stays level, a device that is lost. */
import { beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { maxDifference } from '../kernels/testing/compare';
import { unitBoxAt } from '../lib/boxes';
import { cellOf } from '../lib/query-views';
import type { ImageDetections } from '../lib/types';
import { DeviceOwner } from './device';
import { Engine } from './engine';

const signal = new AbortController().signal;
let engine: Engine;
let photo: Blob;
let found: ImageDetections;
/** The cat's query. */
let query: number;

const inspect = () => engine.inspect(photo, 'cat.jpg', query, signal);

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', () => undefined);
  await device.open();
  engine = new Engine(device, () => undefined);
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  photo = await (await fetch('/samples/cat.jpg')).blob();
  found = await engine.detect(photo, 'cat.jpg', signal);
  query = found.layers.at(-1)!.query[0]!;
});

/** Sums of the weights of each head. */
function headSums(points: Float32Array, heads: number): Float32Array {
  const sums = new Float32Array(heads);
  for (let at = 0; at < points.length; at += 4) sums[points[at + 3]!]! += points[at + 2]!;
  return sums;
}

describe('the query of the cat', () => {
  test('has in each layer the box, class and score that were detected', async () => {
    const views = await inspect();
    expect(views).toMatchObject({ model: 'stepdetr_s', query });
    expect(views.layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    for (const { layer, box, label, score } of views.layers) {
      const said = found.layers.find((each) => each.layer === layer)!;
      const best = said.query.indexOf(query);
      expect(maxDifference(box, unitBoxAt(said.boxes, query)), `box ${layer}`).toBeLessThanOrEqual(1e-5);
      expect(label).toBe(said.label[best]);
      expect(Math.abs(score - said.score[best]!), `score ${layer}`).toBeLessThanOrEqual(1e-5);
    }
  });

  test('sampled with weights of one in each head, near its box', async () => {
    const { layers } = await inspect();
    for (const { layer, places, box } of layers) {
      const { heads, points } = places!;
      expect(maxDifference(headSums(points, heads), new Float32Array(heads).fill(1))).toBeLessThanOrEqual(1e-5);
      let [x, y] = [0, 0];
      for (let at = 0; at < points.length; at += 4) {
        x += (points[at]! * points[at + 2]!) / heads;
        y += (points[at + 1]! * points[at + 2]!) / heads;
      }
      expect(Math.abs(x - box[0]), `mean place of layer ${layer}`).toBeLessThanOrEqual(box[2]);
      expect(Math.abs(y - box[1]), `mean place of layer ${layer}`).toBeLessThanOrEqual(box[3]);
    }
  });

  test('attended to all queries with a weight of one', async () => {
    const { layers } = await inspect();
    for (const { self } of layers) {
      expect(self!.length).toBe(engine.model.queries);
      expect(Math.abs(self!.reduce((a, b) => a + b, 0) - 1)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('came from the memory cell whose score the selection gave it', async () => {
    const { origin, selection, levels } = await inspect();
    expect(selection!.length).toBe(levels.reduce((sum, [rows, columns]) => sum + rows * columns, 0));
    const token = origin.kind === 'selected' ? origin.token : -1;
    expect(cellOf(levels, token)).toBeDefined();
    // Queries are the memory's cells in falling order.
    const rank = selection!.filter((score) => score > selection![token]!).length;
    expect(rank).toBe(query);
  });
});

test('leaves no tensor and no byte behind', async () => {
  await inspect();
  const before = engine.device.memory();
  for (let i = 0; i < 3; i++) await inspect();
  expect(engine.device.memory()).toEqual(before);
});

test('survives a lost device', async () => {
  const before = await inspect();
  const running = inspect();
  engine.device.destroy();
  const after = await running;
  before.layers.forEach(({ places }, index) =>
    expect(maxDifference(after.layers[index]!.places!.points, places!.points)).toBeLessThanOrEqual(1e-5),
  );
});

test('refuses a query that the model does not have', async () => {
  await expect(engine.inspect(photo, 'cat.jpg', engine.model.queries, signal)).rejects.toThrow(
    `query ${engine.model.queries}: expected a query from 0 to ${engine.model.queries - 1}`,
  );
});
