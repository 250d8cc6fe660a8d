/** Runs as the worker keeps them: the embedded model at half its size on the shipped samples, in the browser's own private file system. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded, type Checkpoint } from '../data/checkpoint';
import { listKept, removeKept } from '../data/images/kept';
import { RunStore } from '../data/runs/store';
import { relativeL2 } from '../kernels/testing/compare';
import type { AppError } from '../lib/errors';
import type { RefScale } from '../lib/rl-settings';
import { trainSettings, type TrainSettings } from '../lib/train-settings';
import type { RunEvent, RunRequest } from '../lib/training';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { Turn } from './jobs';
import { Runs } from './runs';
import { filesOfRun, openSource, type OpenOptions } from './sources';

const signal = new AbortController().signal;
const store = new RunStore();
const turn = new Turn();
let engine: Engine;
let runs: Runs;
let photos: { name: string; file: Blob }[];

const options = (): OpenOptions => ({ base: location.origin, turn, signal, onProgress: () => undefined });

const SIDE = 192;

/** Its weights fit any size, and a software GPU encodes a quarter of the pixels in a quarter of the time. */
async function smallModel(): Promise<Checkpoint> {
  const embedded = await openEmbedded('stepdetr_s', location.origin, () => undefined, signal);
  const size = { height: SIDE, width: SIDE };
  return {
    ...embedded,
    config: { ...embedded.config, image_size: SIDE },
    preprocessor: { ...embedded.preprocessor, size },
  };
}

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', () => undefined);
  await device.open();
  engine = new Engine(device, () => undefined);
  engine.use(await smallModel());
  runs = new Runs({ engine: () => engine, turn, options });
  photos = await Promise.all(
    ['cat.jpg', 'coffee.jpg'].map(async (name) => ({ name, file: await (await fetch(`/samples/${name}`)).blob() })),
  );
});

afterAll(async () => {
  for (const id of ['whole', 'paused', 'found', 'half', 'full', 'lost', 'stopped']) await store.removeRun(id);
  for (const id of await listKept()) await removeKept(id);
});

function request(id: string, changed: Partial<TrainSettings> = {}): RunRequest {
  const labels = { classes: [0], boxes: Float32Array.of(0.5, 0.5, 0.6, 0.7) };
  const image = (at: number, split: 'train' | 'val') => ({ id: photos[at]!.name, ...photos[at]!, split, labels });
  return {
    id,
    name: id,
    settings: trainSettings('supervised', { batch: 1, views: 2, steps: 4, evaluateEvery: 4, saveEvery: 1, ...changed }),
    data: { classes: ['thing'], images: [image(0, 'train'), image(1, 'val')] },
    model: { kind: 'current' },
  };
}

async function stateOf(id: string): Promise<number[]> {
  const state = await store.loadState(id);
  return [...state!.tensors.values()].flatMap(({ data }) => Array.from(data));
}

describe('a run', () => {
  test('goes to its end, is kept, and opens as a model that detects', async () => {
    const events: RunEvent[] = [];
    const info = await runs.train(request('whole'), signal, (event) => events.push(event));
    expect(info.error).toBeUndefined();
    expect([info.state, info.step]).toEqual(['done', 4]);
    expect(info.trained).toMatchObject({ decoder: expect.any(Number), heads: expect.any(Number) });
    const log = await store.readLog('whole');
    expect(log.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(log.evaluations.map(({ step }) => step)).toEqual([0, 4]);
    expect(events.filter(({ type }) => type === 'episode').length).toBeGreaterThan(0);
    const { files } = await filesOfRun({ id: 'whole', weights: 'last' }, options());
    expect(files.map(({ name }) => name)).toContain('model.safetensors');
    const checkpoint = await openSource({ kind: 'run', id: 'whole', weights: 'last' }, options());
    const other = new Engine(engine.device, () => undefined);
    expect(other.use(checkpoint)).toMatchObject({ classes: ['thing'], source: 'run' });
    const found = await turn.take(() => other.detect(photos[0]!.file, 'cat.jpg', signal));
    expect(found.layers[3]!.score[0]).toBeGreaterThan(0);
  });

  test('paused and resumed it ends where one does that never stopped', async () => {
    const paused = await runs.train(request('paused'), signal, (event) => {
      if (event.type === 'step' && event.record.step === 2) runs.pause('paused');
    });
    expect([paused.state, paused.step]).toEqual(['paused', 2]);
    const done = await runs.resume('paused', signal, () => undefined);
    expect([done.state, done.step]).toEqual(['done', 4]);
    const log = await store.readLog('paused');
    expect(log.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(relativeL2(await stateOf('paused'), await stateOf('whole'))).toBeLessThanOrEqual(1e-4);
  });

  test('is tied to its start by the share of labels that the start finds', async () => {
    const labels = { classes: [0, 0], boxes: Float32Array.of(0.5, 0.5, 0.8, 0.9, 0.03, 0.03, 0.04, 0.04) };
    const tied = (id: string, betaRef: number, refScale: RefScale): RunRequest => {
      const {
        settings: plain,
        data,
        ...rest
      } = request(id, { steps: 2, evaluateEvery: 2, learningRate: 3e-3, warmup: 0 });
      const policy = { policy: 'clip', rollouts: 2, explored: 4, refQueries: 0 } as const;
      const settings = trainSettings('grpo', { ...plain, ...policy, betaRef, refScale });
      const images = data.images.map((image) => ({ ...image, labels }));
      return { ...rest, settings, data: { ...data, images } };
    };
    const run = async (request: RunRequest) => {
      const info = await runs.train(request, signal, () => undefined);
      expect([info.error, info.state]).toEqual([undefined, 'done']);
      const { steps } = await store.readLog(request.id);
      return { info, loss: steps.at(-1)!.loss, state: await stateOf(request.id) };
    };
    const found = await run(tied('found', 20, 'found'));
    expect(found.info.found).toBe(0.5);
    const half = await run(tied('half', 10, 'constant'));
    expect(half.info.found).toBeUndefined();
    expect(relativeL2(found.state, half.state)).toBeLessThanOrEqual(1e-4);
    const whole = await run(tied('full', 20, 'constant'));
    expect(Math.abs(found.loss / half.loss - 1)).toBeLessThanOrEqual(1e-3);
    expect(whole.loss / found.loss).toBeGreaterThan(1.5);
  });

  test('survives a lost device and ends in the same place', async () => {
    let lost = false;
    const info = await runs.train(request('lost'), signal, (event) => {
      if (lost || event.type !== 'step' || event.record.step !== 3) return;
      lost = true;
      engine.device.destroy();
    });
    expect(info.error).toBeUndefined();
    expect([lost, info.state, info.step]).toEqual([true, 'done', 4]);
    expect((await store.readLog('lost')).steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(relativeL2(await stateOf('lost'), await stateOf('whole'))).toBeLessThanOrEqual(1e-4);
  });

  test('stops when it is cancelled, with its weights', async () => {
    const controller = new AbortController();
    const info = await runs.train(request('stopped'), controller.signal, (event) => {
      if (event.type === 'step') controller.abort();
    });
    expect([info.state, info.step]).toEqual(['stopped', 1]);
    expect((await store.loadState('stopped'))!.step).toBe(1);
  });

  test('nothing is kept of a request that cannot be', async () => {
    const fail = (error: AppError): void => expect.fail(error.message);
    const bad = request('refused');
    bad.data.images[0]!.labels = null;
    await expect(runs.train(bad, signal, () => undefined)).rejects.toThrow('expected at least one labelled image');
    await expect(runs.train(request('refused', { batch: 0 }), signal, () => undefined)).rejects.toThrow('batch');
    expect((await runs.list(fail)).map(({ id }) => id)).not.toContain('refused');
  });
});
