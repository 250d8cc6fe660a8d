import { beforeEach, describe, expect, it } from 'vitest';
import type { EpisodeSnapshot, HeldOutDetections, StepRecord } from '../../lib/training';
import { findFile, findFolder, writeBytes, type Directory } from '../directory';
import { listKept, removeKept, sha256Of } from '../images/kept';
import { MemoryDirectory } from '../testing/memory-directory';
import { RunStore } from './store';
import { CLASSES, sampleEvaluation, sampleInfo, sampleRequest, sampleStep, sampleTensors } from './testing/sample-run';

let disk: MemoryDirectory;
let store: RunStore;
const open = async (): Promise<MemoryDirectory> => disk;

beforeEach(() => {
  disk = new MemoryDirectory({ sync: true, move: true });
  store = new RunStore(open);
});

const start = (id: string, startedAt?: string): Promise<void> =>
  store.createRun(sampleInfo(id, startedAt === undefined ? {} : { startedAt }), sampleRequest(id));
const folder = async (id: string): Promise<Directory> => (await findFolder(await disk.getDirectoryHandle('runs'), id))!;
const text = async (id: string, name: string): Promise<string> => (await findFile(await folder(id), name))!.text();
const tear = async (id: string, name: string, bytes: number): Promise<void> =>
  writeBytes(await folder(id), name, (await findFile(await folder(id), name))!.slice(0, bytes));
const steps = async (id: string): Promise<number[]> => (await store.readLog(id)).steps.map(({ step }) => step);

const detections = (step: number): HeldOutDetections => ({
  step,
  images: {
    b: {
      model: 'run',
      width: 4,
      height: 3,
      layers: [
        {
          layer: 1,
          boxes: Float32Array.from([0.5, 0.5, 0.1, step]),
          query: Int32Array.of(0),
          label: Int32Array.of(1),
          score: Float32Array.of(0.25),
        },
      ],
      ms: { decode: 0, resize: 0, model: 1, post: 0 },
      retries: 0,
    },
  },
});

describe('what a run showed', () => {
  const episode = (step: number): EpisodeSnapshot => ({
    step,
    image: { id: 'a', name: 'a.jpg' },
    picture: new Blob([Uint8Array.of(255, 216, step)], { type: 'image/jpeg' }),
    labels: { classes: [0], boxes: Float32Array.of(0.5, 0.5, 1, 1) },
    layers: [],
  });

  it('comes back: held-out images before and now, the latest episode, the labels', async () => {
    await start('r1');
    expect(await store.readShown('r1')).toMatchObject({ before: null, now: null, episode: null });
    for (const step of [0, 10, 20]) await store.keepHeldOut('r1', detections(step));
    await store.keepEpisode('r1', episode(20));
    const { before, now, episode: kept, labels } = await store.readShown('r1');
    expect(before).toEqual(detections(0));
    expect(now).toEqual(detections(20));
    expect({ ...kept, picture: null }).toEqual({ ...episode(20), picture: null });
    expect(new Uint8Array(await kept!.picture.arrayBuffer())).toEqual(Uint8Array.of(255, 216, 20));
    const held = sampleRequest('r1').data.images.filter(({ split, labels: own }) => split === 'val' && own);
    expect(labels).toEqual(Object.fromEntries(held.map(({ id, name, labels: own }) => [id, { name, labels: own }])));
  });

  it('forgets later steps with the log, and is nothing where it is damaged', async () => {
    await start('r1');
    for (const step of [0, 10]) await store.keepHeldOut('r1', detections(step));
    await store.keepEpisode('r1', episode(7));
    await store.truncateLog('r1', 8);
    expect(await store.readShown('r1')).toMatchObject({ before: { step: 0 }, now: null, episode: { step: 7 } });
    await tear('r1', 'heldout-before.json', 30);
    await tear('r1', 'episode.json', 30);
    expect(await store.readShown('r1')).toMatchObject({ before: null, now: null, episode: null });
  });
});

describe('a run', () => {
  it('comes back with its request, photos kept once', async () => {
    await start('r1');
    expect(await store.listRuns()).toEqual({ runs: [sampleInfo('r1')], problems: [] });
    const request = await store.readRequest('r1');
    const { data, ...rest } = sampleRequest('r1');
    expect(request).toMatchObject(rest);
    expect(request.data.classes).toEqual(CLASSES);
    expect(await listKept(open)).toHaveLength(2);
    expect((await store.imagesOf('r1')).sort()).toEqual(await listKept(open));
    for (const [at, { file, ...image }] of data.images.entries()) {
      const { file: kept, ...same } = request.data.images[at]!;
      expect(same).toEqual(image);
      expect(await kept.text()).toBe(await file.text());
    }
  });

  it('names the photo that is gone', async () => {
    await start('r1');
    await removeKept(await sha256Of(new Blob(['photo b'])), open);
    await expect(store.readRequest('r1')).rejects.toThrow('b.jpg: expected it among the images kept in this browser');
  });

  it('is listed newest first; damaged ones are problems', async () => {
    await start('old', '2026-11-20T10:00:00.000Z');
    await start('new', '2026-11-21T10:00:00.000Z');
    await start('cut');
    await tear('cut', 'info.json', 20);
    await start('other');
    await writeBytes(await folder('other'), 'info.json', JSON.stringify(sampleInfo('else')));
    const { runs, problems } = await store.listRuns();
    expect(runs.map(({ id }) => id)).toEqual(['new', 'old']);
    expect(problems.map(({ subject }) => subject).sort()).toEqual(['cut/info.json', 'other/info.json']);
    await store.removeRun('cut');
    await store.removeRun('never-there');
    expect((await store.listRuns()).problems).toHaveLength(1);
  });

  it('keeps new information, also when the last writing stopped half-way', async () => {
    await start('r1');
    await store.updateInfo(sampleInfo('r1', { step: 7, state: 'paused' }));
    expect((await store.readInfo('r1')).step).toBe(7);
    const at = await folder('r1');
    await writeBytes(at, 'info.json.new', '{"id":');
    expect((await store.readInfo('r1')).step).toBe(7);
    await at.removeEntry('info.json');
    await writeBytes(at, 'info.json.new', JSON.stringify(sampleInfo('r1', { step: 8 })));
    expect((await store.readInfo('r1')).step).toBe(8);
  });

  it('leaves nothing listed where the disk is full, and no folder for a strange id', async () => {
    disk = new MemoryDirectory({ quota: 300 });
    await expect(start('r1')).rejects.toMatchObject({ detail: { code: 'storage' } });
    expect(await store.listRuns()).toEqual({ runs: [], problems: [] });
    for (const id of ['..', 'a/b', '', '.x'])
      await expect(start(id)).rejects.toMatchObject({ detail: { subject: 'run' } });
  });

  it('is not there: said with its id; no storage: no runs', async () => {
    await expect(store.readLog('gone')).rejects.toThrow('gone: expected it among the runs kept in this browser');
    const none = new RunStore(async () => {
      throw new DOMException('no', 'SecurityError');
    });
    expect(await none.listRuns()).toEqual({ runs: [], problems: [] });
  });
});

describe.each([
  ['worker', { sync: true, move: true }],
  ['page', {}],
])('the log in the %s', (_, options) => {
  beforeEach(async () => {
    disk = new MemoryDirectory(options);
    await start('r1');
  });

  it('comes back as it was written', async () => {
    const records = [sampleStep(1), sampleStep(2, { policyLoss: null })];
    await store.appendSteps('r1', records.slice(0, 1));
    await store.appendSteps('r1', records.slice(1));
    await store.appendEvaluation('r1', sampleEvaluation(0));
    await store.appendWarning('r1', { kind: 'not-finite', step: 2, row: 1 });
    expect(await store.readLog('r1')).toEqual({
      steps: records,
      evaluations: [sampleEvaluation(0)],
      warnings: [{ kind: 'not-finite', step: 2, row: 1 }],
    });
  });

  it('is JSON for every reader: not finite is null, and NaN again where a figure must be', async () => {
    const layer = { ...sampleStep(1).layers[0]!, reward: NaN, advantageStd: NaN };
    await store.appendSteps('r1', [sampleStep(1, { loss: NaN, gradientNorm: Infinity, layers: [layer] })]);
    expect(await text('r1', 'log.jsonl')).not.toMatch(/NaN|Infinity/);
    const [back] = (await store.readLog('r1')).steps as [StepRecord];
    expect([back.loss, back.gradientNorm, back.layers[0]!.reward]).toEqual([NaN, NaN, NaN]);
    expect([back.layers[0]!.advantageStd, back.policyLoss]).toEqual([null, -0.5]);
  });

  it('loses no more than a torn last line, and goes on behind it', async () => {
    await store.appendSteps(
      'r1',
      [1, 2, 3].map((step) => sampleStep(step)),
    );
    await tear('r1', 'log.jsonl', (await text('r1', 'log.jsonl')).length - 5);
    expect(await steps('r1')).toEqual([1, 2]);
    await store.appendSteps('r1', [sampleStep(3)]);
    expect(await steps('r1')).toEqual([1, 2, 3]);
    expect((await text('r1', 'log.jsonl')).split('\n')).toHaveLength(4);
  });

  it('forgets what came after a step', async () => {
    await store.appendSteps(
      'r1',
      [1, 2, 3, 4].map((step) => sampleStep(step)),
    );
    for (const step of [0, 2, 4]) await store.appendEvaluation('r1', sampleEvaluation(step));
    await store.appendWarning('r1', { kind: 'not-finite', step: 3, row: 1 });
    await store.truncateLog('r1', 9);
    expect(await steps('r1')).toEqual([1, 2, 3, 4]);
    await store.truncateLog('r1', 2);
    const { steps: left, evaluations, warnings } = await store.readLog('r1');
    expect(left.map(({ step }) => step)).toEqual([1, 2]);
    // Names with letters of two bytes stand before the cut.
    expect(evaluations).toEqual([sampleEvaluation(0), sampleEvaluation(2)]);
    expect(warnings).toEqual([]);
    await store.appendSteps('r1', [sampleStep(3)]);
    expect(await steps('r1')).toEqual([1, 2, 3]);
  });
});

describe('weights', () => {
  beforeEach(() => start('r1'));
  const first = async (): Promise<[number, number]> => {
    const { step, tensors } = (await store.loadState('r1'))!;
    return [step, tensors.get('decoder.weight')!.data[0]!];
  };

  it('come back bit for bit, the state with its notes', async () => {
    expect([await store.loadState('r1'), await store.loadBest('r1')]).toEqual([null, null]);
    await store.saveState('r1', 10, sampleTensors(1), { rng: '12' });
    await store.saveBest('r1', 5, sampleTensors(2));
    for (const [saved, value, step] of [
      [(await store.loadState('r1'))!, 1, 10],
      [(await store.loadBest('r1'))!, 2, 5],
    ] as const) {
      expect(saved.step).toBe(step);
      expect([...saved.tensors.keys()].sort()).toEqual([...sampleTensors(0).keys()]);
      for (const [name, { shape, data }] of sampleTensors(value)) {
        const back = saved.tensors.get(name)!;
        expect(back.shape).toEqual(shape);
        expect(new Uint32Array(back.data.slice().buffer)).toEqual(new Uint32Array(data.buffer));
      }
    }
    expect((await store.loadState('r1'))!.notes).toEqual({ rng: '12' });
  });

  it('the state before counts until the new one is whole', async () => {
    await store.saveState('r1', 10, sampleTensors(1));
    await store.saveState('r1', 20, sampleTensors(2));
    expect(await first()).toEqual([20, 2]);
    // Killed in the middle of the third: its file is that of the first.
    await tear('r1', 'state-a.safetensors', 100);
    expect(await first()).toEqual([20, 2]);
    await store.saveState('r1', 30, sampleTensors(3));
    expect(await first()).toEqual([30, 3]);
  });

  it('falls back to the state before where a file is damaged, and keeps that one until the next is whole', async () => {
    await store.saveState('r1', 10, sampleTensors(1));
    await store.saveState('r1', 20, sampleTensors(2));
    await tear('r1', 'state-b.safetensors', 100);
    expect(await first()).toEqual([10, 1]);
    await store.saveState('r1', 20, sampleTensors(4));
    await tear('r1', 'state-b.safetensors', 100);
    expect(await first()).toEqual([10, 1]);
    await tear('r1', 'state-a.safetensors', 100);
    await expect(store.loadState('r1')).rejects.toThrow(
      /^r1: expected its saved state, got none that can be read: r1\/state/,
    );
  });
});
