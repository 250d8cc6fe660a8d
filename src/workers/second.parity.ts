/** A second model beside the current one on a real device: the same answers as alone, memory that goes again, a lost device. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { idOfFiles } from '../data/checkpoint-files';
import { keepFiles, removeStored } from '../data/store';
import { maxDifference } from '../kernels/testing/compare';
import type { ImageDetections } from '../lib/types';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { Turn } from './jobs';
import type { HereSource, WorkerEvent } from './protocol';
import { SecondModel } from './second';

const EMBEDDED: HereSource = { kind: 'embedded', id: 'stepdetr_s' };
const NAME = 'second model';
const KEPT: HereSource = { kind: 'cached', id: idOfFiles(NAME) };
const FILES = ['config.json', 'preprocessor_config.json', 'model.safetensors', 'backbone.safetensors'];
const signal = new AbortController().signal;
const events: WorkerEvent[] = [];
let primary: Engine;
let second: SecondModel;
let photo: Blob;

async function copyOfEmbedded(): Promise<File[]> {
  const read = async (name: string): Promise<File> => {
    const response = await fetch(`/models/stepdetr_s/${name}`);
    return new File([await response.blob()], name);
  };
  return Promise.all(FILES.map(read));
}

const scores = ({ layers }: ImageDetections): Float32Array => layers.at(-1)!.score;

beforeAll(async () => {
  photo = await (await fetch('/samples/cat.jpg')).blob();
  await keepFiles(NAME, await copyOfEmbedded());
  const device = new DeviceOwner('high-performance', 'webgpu', (event) => events.push(event));
  await device.open();
  primary = new Engine(device, (event) => events.push(event));
  primary.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  await primary.warmUp();
  const turn = new Turn();
  const options = (of: AbortSignal) => ({ base: location.origin, turn, signal: of, onProgress: () => undefined });
  second = new SecondModel({ primary: () => primary, turn, options });
});

afterAll(() => removeStored(idOfFiles(NAME)));

describe('a second model', () => {
  test('answers as it does alone, and frees what it took when it ends', async () => {
    const alone = await primary.detect(photo, 'cat.jpg', signal);
    const before = primary.device.memory();
    const { model, detections } = await second.detect(EMBEDDED, photo, 'cat.jpg', signal);
    expect(model.id).toBe('stepdetr_s');
    expect(maxDifference(scores(detections), scores(alone))).toBeLessThanOrEqual(1e-5);
    const loaded = primary.device.memory().tensors;
    expect(loaded).toBeGreaterThan(before.tensors);
    // It stays loaded, and another one takes its place.
    await second.detect(EMBEDDED, photo, 'cat.jpg', signal);
    expect(primary.device.memory().tensors).toBe(loaded);
    expect((await second.detect(KEPT, photo, 'cat.jpg', signal)).model.id).toBe(idOfFiles(NAME));
    expect(primary.device.memory().tensors).toBe(loaded);
    await second.end();
    expect(primary.device.memory().tensors).toBe(before.tensors);
  });

  test('is back when the device is lost during its own work, and so is the current one', async () => {
    const expected = await second.detect(KEPT, photo, 'cat.jpg', signal);
    events.length = 0;
    const { detections } = await second.use(KEPT, signal, async (engine) => {
      const running = engine.detect(photo, 'cat.jpg', signal);
      engine.device.destroy();
      return { detections: await running };
    });
    expect(detections.retries).toBe(1);
    expect(maxDifference(scores(detections), scores(expected.detections))).toBeLessThanOrEqual(1e-5);
    expect(events.map(({ type }) => type)).toEqual(['device-lost', 'device-restored']);
    const current = await primary.detect(photo, 'cat.jpg', signal);
    expect(current.retries).toBe(0);
  });

  test('comes back on the new device when the current one lost it', async () => {
    const running = primary.detect(photo, 'cat.jpg', signal);
    primary.device.destroy();
    const current = await running;
    expect(current.retries).toBe(1);
    const again = await second.detect(KEPT, photo, 'cat.jpg', signal);
    expect(again.detections.retries).toBe(0);
    expect(maxDifference(scores(again.detections), scores(current))).toBeLessThanOrEqual(1e-5);
    await second.end();
  });

  test('that cannot be opened leaves the one before, and a cancelled job says so', async () => {
    await expect(second.detect({ kind: 'cached', id: 'nobody' }, photo, 'cat.jpg', signal)).rejects.toThrow('nobody');
    const controller = new AbortController();
    const running = second.detect(EMBEDDED, photo, 'cat.jpg', controller.signal);
    controller.abort();
    await expect(running).rejects.toThrow();
    expect((await second.detect(EMBEDDED, photo, 'cat.jpg', signal)).model.id).toBe('stepdetr_s');
    await second.end();
  });
});
