/** Without WebGPU: the same engine on WebAssembly, where the plain references stand in for our kernels, answers the same. */
import { beforeAll, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { maxDifference } from '../kernels/testing/compare';
import type { ImageDetections } from '../lib/types';
import { DeviceOwner } from './device';
import { Engine } from './engine';

const signal = new AbortController().signal;
const SCORES = 1e-3;
const BOXES = 1e-3;

async function detectOn(backend: 'webgpu' | 'wasm'): Promise<{ engine: Engine; found: ImageDetections }> {
  const device = new DeviceOwner('high-performance', backend, () => undefined);
  await device.open();
  const engine = new Engine(device, () => undefined);
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  const photo = await (await fetch('/samples/cat.jpg')).blob();
  return { engine, found: await engine.detect(photo, 'cat.jpg', signal) };
}

let expected: ImageDetections;
beforeAll(async () => {
  ({ found: expected } = await detectOn('webgpu'));
});

test('every layer answers as on WebGPU, and nothing stays in memory', async () => {
  const { engine, found } = await detectOn('wasm');
  expect(engine.device.info).toMatchObject({ backend: 'wasm', software: true });
  for (const [index, layer] of found.layers.entries()) {
    const other = expected.layers[index]!;
    expect(maxDifference(layer.score, other.score), `layer ${layer.layer}`).toBeLessThanOrEqual(SCORES);
    expect(maxDifference(layer.boxes, other.boxes), `layer ${layer.layer}`).toBeLessThanOrEqual(BOXES);
  }
  const photo = await (await fetch('/samples/coffee.jpg')).blob();
  await engine.detect(photo, 'coffee.jpg', signal);
  const before = engine.device.memory();
  await engine.detect(photo, 'coffee.jpg', signal);
  expect(engine.device.memory()).toEqual(before);
});
