/** Clusters as the worker switches them: detections, comparison, memory that stays level, a device that is lost. */
import { beforeAll, describe, expect, test } from 'vitest';
import { assembleCheckpoint, openEmbedded, type Checkpoint } from '../data/checkpoint';
import { maxDifference } from '../kernels/testing/compare';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import type { ClusterSettings } from '../lib/clusters';
import { unitBoxAt } from '../lib/boxes';
import { DeviceOwner } from './device';
import { Engine } from './engine';

/** Every cell its own cluster; one of them all. */
const NARROW: ClusterSettings = { rounds: 16, width: 1e-3, seed: 1 };
const WIDE: ClusterSettings = { rounds: 1, width: 1e9, seed: 1 };

const signal = new AbortController().signal;
let engine: Engine;
let photo: Blob;

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', () => undefined);
  await device.open();
  engine = new Engine(device, () => undefined);
  photo = await (await fetch('/samples/cat.jpg')).blob();
});

/** A random checkpoint of ../shared, for small inputs. */
async function small(folder: string, size: Record<string, number>): Promise<Checkpoint> {
  const read = (file: string): Promise<ArrayBuffer> => sharedBytes(`reference/${folder}/${file}`);
  const preprocessor = JSON.parse(new TextDecoder().decode(await read('preprocessor_config.json'))) as object;
  const changed = new TextEncoder().encode(JSON.stringify({ ...preprocessor, size }));
  const files = new Map([
    ['config.json', await read('config.json')],
    ['model.safetensors', await read('model.safetensors')],
    ['preprocessor_config.json', changed.buffer],
  ]);
  return assembleCheckpoint({ id: folder, name: folder, source: 'files', files });
}

const detect = () => engine.detect(photo, 'cat.jpg', signal);
const compare = (settings: ClusterSettings) => engine.compareClusters(photo, 'cat.jpg', settings, signal);

const MODELS = [
  { folder: 'detr', size: { shortest_edge: 128, longest_edge: 256 }, layers: 2 },
  { folder: 'rt_detr_r18', size: { height: 128, width: 128 }, layers: 1 },
];

describe.skipIf(!sharedIsHere).each(MODELS)(`$folder (${WHY_SKIPPED} otherwise)`, ({ folder, size, layers }) => {
  beforeAll(async () => {
    engine.clusters = null;
    engine.use(await small(folder, size));
  });

  test('says that it can cluster; exact detections have no clusters', async () => {
    expect(engine.model.denseEncoder).toBe(true);
    expect(await detect()).not.toHaveProperty('clusters');
  });

  test('every cell its own cluster: the same boxes; one of all: one prototype and less work', async () => {
    const exact = await detect();
    engine.clusters = NARROW;
    const narrow = await detect();
    engine.clusters = WIDE;
    const wide = await detect();
    engine.clusters = null;
    expect(narrow.clusters!.settings).toEqual(NARROW);
    expect(narrow.clusters!.layers).toHaveLength(layers);
    for (const { prototypes, tokens } of narrow.clusters!.layers) expect(prototypes).toBe(tokens);
    expect(maxDifference(narrow.layers.at(-1)!.boxes, exact.layers.at(-1)!.boxes)).toBeLessThanOrEqual(1e-4);
    for (const { prototypes, flops } of wide.clusters!.layers) {
      expect(prototypes).toBe(1);
      expect(flops.clustered).toBeLessThan(flops.exact);
    }
    expect(await detect()).not.toHaveProperty('clusters');
  });

  test('a comparison says where the clusters are and how far the answer is from the exact one', async () => {
    const [near, far] = [await compare(NARROW), await compare(WIDE)];
    for (const { memory, boxes, compared } of [near, far]) {
      expect(compared).toBeGreaterThan(0);
      for (const { greatest, mean } of [memory, boxes]) expect(mean).toBeLessThanOrEqual(greatest);
    }
    expect(near.memory.greatest).toBeLessThanOrEqual(1e-4);
    expect(near.boxes.greatest).toBeLessThanOrEqual(1e-4);
    expect(near.compared).toBe(near.queries);
    expect(far.memory.relative).toBeGreaterThan(10 * near.memory.relative);
    for (const { shape, of, prototypes, tokens } of far.layers) {
      expect([of.length, tokens]).toEqual([shape[0] * shape[1], shape[0] * shape[1]]);
      expect([prototypes, new Set(of).size]).toEqual([1, 1]);
    }
    expect(engine.clusters).toBeNull();
  });

  test('a query’s views are those of the clustered answer', async () => {
    engine.clusters = WIDE;
    const found = (await detect()).layers.at(-1)!;
    const { layers: looked } = await engine.inspect(photo, 'cat.jpg', found.query[0]!, signal);
    engine.clusters = null;
    expect(maxDifference(looked.at(-1)!.box, unitBoxAt(found.boxes, found.query[0]!))).toBeLessThanOrEqual(1e-5);
  });

  test('warm rounds leave no tensor and no byte behind', async () => {
    engine.clusters = WIDE;
    const round = async (): Promise<void> => {
      await detect();
      await compare(WIDE);
    };
    await round();
    const { tensors, bytes } = engine.device.memory();
    for (let i = 0; i < 2; i++) await round();
    engine.clusters = null;
    const after = engine.device.memory();
    expect([after.tensors, after.bytes]).toEqual([tensors, bytes]);
  });

  test('on the next device the clusters are the same', async () => {
    engine.clusters = WIDE;
    const before = await detect();
    const running = detect();
    engine.device.destroy();
    const { retries, clusters } = await running;
    engine.clusters = null;
    expect(retries).toBe(1);
    expect(clusters).toEqual(before.clusters);
  });
});

test('an encoder without dense attention goes on as it is, and there is nothing to compare', async () => {
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  expect(engine.model).not.toHaveProperty('denseEncoder');
  engine.clusters = WIDE;
  expect(await detect()).not.toHaveProperty('clusters');
  engine.clusters = null;
  await expect(compare(WIDE)).rejects.toThrow('stepdetr_s');
});
