/** The engine as the worker has it: the embedded model on the shipped samples, memory that stays level, a device that is lost. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { maxDifference } from '../kernels/testing/compare';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import type { WorkerEvent } from './protocol';

const events: WorkerEvent[] = [];
const signal = new AbortController().signal;
let engine: Engine;

async function sample(name: string): Promise<Blob> {
  return (await fetch(`/samples/${name}`)).blob();
}

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', (event) => events.push(event));
  await device.open();
  engine = new Engine(device, (event) => events.push(event));
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  await engine.warmUp();
});

describe('the embedded model', () => {
  test('finds the cat, more surely with every layer', async () => {
    const { layers, width, height, ms } = await engine.detect(await sample('cat.jpg'), 'cat.jpg', signal);
    expect([width, height]).toEqual([451, 300]);
    expect(layers.map(({ layer }) => layer)).toEqual(['select', 1, 2, 3]);
    const last = layers[layers.length - 1]!;
    expect(engine.model.classes[last.label[0]!]).toBe('cat');
    expect(last.score[0]).toBeGreaterThan(0.5);
    expect(Object.values(ms).every((value) => value >= 0)).toBe(true);
  });

  test('plans answer as TF.js does without them', async () => {
    const plain = new Engine(engine.device, () => undefined, false);
    plain.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
    const photo = await sample('coffee.jpg');
    const [planned, expected] = [
      await engine.detect(photo, 'coffee.jpg', signal),
      await plain.detect(photo, 'coffee.jpg', signal),
    ];
    for (const [k, layer] of expected.layers.entries()) {
      expect(maxDifference(planned.layers[k]!.score, layer.score)).toBeLessThanOrEqual(1e-6);
      expect(Array.from(planned.layers[k]!.label)).toEqual(Array.from(layer.label));
      expect(maxDifference(planned.layers[k]!.boxes, layer.boxes)).toBeLessThanOrEqual(1e-6);
    }
    plain.drop();
  });

  test('warm detection leaves no tensor and no byte behind', async () => {
    const photo = await sample('coffee.jpg');
    await engine.detect(photo, 'coffee.jpg', signal);
    const before = engine.device.memory();
    for (let i = 0; i < 5; i++) await engine.detect(photo, 'coffee.jpg', signal);
    expect(engine.device.memory()).toEqual(before);
  });

  test('a lost device is rebuilt and the job ends as if nothing had been', async () => {
    const photo = await sample('cat.jpg');
    const expected = await engine.detect(photo, 'cat.jpg', signal);
    const running = engine.detect(photo, 'cat.jpg', signal);
    engine.device.destroy();
    const { layers, retries } = await running;
    expect(retries).toBe(1);
    expect(maxDifference(layers[3]!.score, expected.layers[3]!.score)).toBeLessThanOrEqual(1e-5);
    expect(events.map(({ type }) => type)).toEqual(['device-lost', 'device-restored']);
    expect(tf.getBackend()).toBe('webgpu');
  });

  test('a cancelled job says so and leaves nothing', async () => {
    const before = engine.device.memory();
    const controller = new AbortController();
    const running = engine.detect(await sample('cat.jpg'), 'cat.jpg', controller.signal);
    controller.abort();
    await expect(running).rejects.toThrow();
    expect(engine.device.memory().tensors).toBe(before.tensors);
  });
});
