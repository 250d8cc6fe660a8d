/** Tuning as the worker does it, on whatever adapter there is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { browserRoot } from '../data/directory';
import { tuningStore } from '../data/tuning-store';
import { maxDifference } from '../kernels/testing/compare';
import { EMPTY_TABLE } from '../kernels/tuning/table';
import { allTunables, useTable } from '../kernels/tuning/tuning';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { Turn } from './jobs';
import { tuneDevice, worthTuning } from './tuning';

const signal = new AbortController().signal;
const turn = new Turn();
let engine: Engine;

beforeAll(async () => {
  await (await browserRoot()).removeEntry('tuning', { recursive: true }).catch(() => undefined);
  const device = new DeviceOwner('high-performance', 'webgpu', () => undefined);
  await device.open();
  engine = new Engine(device, () => undefined);
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
});
afterAll(() => useTable(EMPTY_TABLE));

test('measured once, kept for the next visit, and detection answers the same afterwards', async () => {
  const photo = await (await fetch('/samples/cat.jpg')).blob();
  const before = await engine.detect(photo, 'cat.jpg', signal);
  const parts = { turn, engine: () => engine, store: tuningStore(), budget: 300 };
  // the cheapest of a kernel's sizes: software adapters are slow
  const [name, stated] = [...allTunables()].find(([kernel]) => /matmul/i.test(kernel))!;
  const tunables = new Map([[name, { ...stated, cases: stated.cases.slice(0, 1) }]]);
  const first = await tuneDevice(engine.device.gpu!, { ...parts, tunables });
  expect(first?.source).toBe('measured');
  const second = await tuneDevice(engine.device.gpu!, { ...parts, tunables });
  expect(second?.source).toBe('store');
  expect(second?.table).toEqual(first?.table);
  const after = await engine.detect(photo, 'cat.jpg', signal);
  expect(maxDifference(after.layers[3]!.score, before.layers[3]!.score)).toBeLessThanOrEqual(1e-4);
});

test('software adapters keep the rules that were measured on them', () => {
  const opened = engine.device.gpu!;
  expect(worthTuning(opened)).toBe(!opened.software);
  expect(worthTuning(undefined)).toBe(false);
});
