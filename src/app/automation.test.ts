import { describe, expect, it } from 'vitest';
import { DetectorError } from '../lib/errors';
import type { Result } from '../lib/result';
import { twoQueries } from '../lib/testing/detections';
import type { ModelInfo } from '../lib/types';
import type { DeviceInfo } from '../workers/protocol';
import { readDroppedLabels } from '../data/annotations/read-dropped';
import type { LabelSet } from '../data/annotations/types';
import { writeLabels, zipLabels } from '../data/annotations/write-labels';
import { createLabelStore } from '../state/labels';
import { Pictures } from '../state/pictures';
import { createAutomation, type StartedSession } from './automation';
import { createLabelExport } from './labels-export';
import { createLabelImport } from './labels-import';
import type { LabelPorts, TableOptions } from './ports';
import { addImage, fakeClient, freshStore, modelInfo } from './testing/fakes';

const DEVICE: DeviceInfo = {
  backend: 'webgpu',
  adapter: 'test adapter',
  vendor: '',
  architecture: '',
  software: true,
  features: [],
  limits: {},
};
const NO_DEVICE = {
  ok: false as const,
  error: { code: 'device' as const, subject: 'WebGPU', message: 'is not there' },
};
const PHOTO = new File(['photo'], 'photo.jpg');

const labelPorts: LabelPorts = {
  read: readDroppedLabels,
  write: async (format, set, splits) => writeLabels(format, set as LabelSet, splits),
  zip: (written, imageOf) => zipLabels(written, imageOf),
  split: () => ({ train: [], val: [] }),
  duplicates: async () => [],
  sizeOf: async () => undefined,
};

function fixture(started: Result<ModelInfo>, device: DeviceInfo | null) {
  const store = freshStore();
  if (device) store.getState().setDevice(device);
  const drawn: TableOptions[] = [];
  const evaluated: unknown[] = [];
  const { client, succeed } = fakeClient();
  const labels = createLabelStore();
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const parts = { store, labels, pictures, ports: { labels: labelPorts } };
  const session: StartedSession = {
    store,
    labels,
    labelImport: createLabelImport({ ...parts, keepTexts: () => undefined }),
    labelExport: createLabelExport(parts),
    sessionFile: {
      write: async () => new Blob(['session']),
      read: async (file, name) => {
        if (file.size === 0) throw new DetectorError('storage', name, 'expected a saved session, got an empty file');
        return { images: 2, runs: 1, problems: [] };
      },
    },
    started: Promise.resolve(started),
    load: async () => started,
    detectFile: async () => succeed,
    drawAnnotated: async (_file, _name, _detections, options) => {
      drawn.push(options);
      return new Blob(['png']);
    },
    client: {
      memory: client.memory,
      loseDevice: async () => {
        throw new Error('worker gone');
      },
      evaluate: async (annotations, images, options) => {
        evaluated.push([annotations, images.length, options]);
        return NO_DEVICE;
      },
      train: async () => NO_DEVICE,
      checkpointFiles: async () => NO_DEVICE,
    },
  };
  return { app: createAutomation(session), drawn, evaluated, store, pictures };
}

const good: Result<ModelInfo> = { ok: true, value: modelInfo('stepdetr_s') };

describe('window.stepdetr', () => {
  it('is ready with its device and its first model', async () => {
    const { app } = fixture(good, DEVICE);
    expect(await app.ready()).toEqual({ ok: true, value: { device: DEVICE, model: modelInfo('stepdetr_s') } });
  });

  it('says why it is not ready', async () => {
    expect(await fixture(NO_DEVICE, null).app.ready()).toEqual(NO_DEVICE);
    expect(await fixture(NO_DEVICE, null).app.device()).toEqual(NO_DEVICE);
    expect(await fixture(NO_DEVICE, DEVICE).app.ready()).toEqual(NO_DEVICE);
    expect(await fixture(NO_DEVICE, DEVICE).app.device()).toEqual({ ok: true, value: DEVICE });
  });

  it('saves and opens sessions; a file that is none is an error that names it', async () => {
    const { app } = fixture(good, DEVICE);
    const saved = await app.saveSession();
    expect(saved.ok && saved.value.size).toBe(7);
    const opened = await app.openSession(new File(['session'], 'a.zip'));
    expect(opened).toEqual({ ok: true, value: { images: 2, runs: 1, problems: [] } });
    expect(await app.openSession(new File([], 'b.zip'))).toMatchObject({ ok: false, error: { subject: 'b.zip' } });
  });

  it('draws the layer that is named, the last one where none is', async () => {
    const { app, drawn } = fixture(good, DEVICE);
    const detections = twoQueries();
    await app.draw(PHOTO, detections, { threshold: 0.5 });
    await app.draw(PHOTO, detections, { threshold: 0.5, layer: 'select' });
    await app.draw(PHOTO, detections, { threshold: 0.25, layer: 2 });
    expect(drawn).toEqual([
      { threshold: 0.5, layer: null },
      { threshold: 0.5, layer: 0 },
      { threshold: 0.25, layer: 2 },
    ]);
  });

  it('refuses a layer that the detections do not have', async () => {
    const { app, drawn } = fixture(good, DEVICE);
    const answer = await app.draw(PHOTO, twoQueries(), { threshold: 0.5, layer: 9 });
    expect(answer).toMatchObject({ ok: false, error: { code: 'unsupported', subject: 'layer 9' } });
    expect(drawn).toEqual([]);
  });

  it('passes a limit on only where there is one', async () => {
    const { app, evaluated } = fixture(good, DEVICE);
    await app.evaluate('{}', [PHOTO]);
    await app.evaluate('{}', [PHOTO, PHOTO], { limit: 1 });
    expect(evaluated).toEqual([
      ['{}', 1, {}],
      ['{}', 2, { limit: 1 }],
    ]);
  });

  it('imports labels, tells them and writes them as they were', async () => {
    const { app, store, pictures } = fixture(good, DEVICE);
    addImage(store, pictures, 'a');
    expect(await app.exportLabels('coco')).toMatchObject({ ok: false, error: { code: 'annotations' } });
    const coco = {
      images: [{ id: 1, file_name: 'a.jpg', width: 8, height: 8 }],
      annotations: [{ id: 4, image_id: 1, category_id: 2, bbox: [1, 2, 3, 4], area: 12, iscrowd: 0 }],
      categories: [{ id: 2, name: 'cat' }],
    };
    const text = JSON.stringify(coco);
    const files = [new File([text], 'labels.json'), new File(['hello'], 'other.txt')];
    expect(await app.importLabels(files)).toEqual({ ok: true, value: { problems: [] } });
    expect(await app.labels()).toEqual({
      ok: true,
      value: {
        classes: ['cat'],
        images: [
          {
            id: 'a',
            name: 'a.jpg',
            boxes: [{ class: 'cat', box: [1, 2, 4, 6], origin: 'import' }],
            reviewed: true,
            split: null,
          },
        ],
      },
    });
    expect(await app.exportLabels('coco')).toEqual({
      ok: true,
      value: { files: { 'annotations.json': text }, images: { 'images/a.jpg': 'a.jpg' }, problems: [] },
    });
  });

  it('answers with a value when the worker is gone', async () => {
    const answer = await fixture(good, DEVICE).app.loseDevice();
    expect(answer).toEqual({ ok: false, error: { code: 'internal', subject: 'device', message: 'worker gone' } });
  });
});
