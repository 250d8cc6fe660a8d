/** The worker's entry: DetectorWorker over the engine. Every method answers with a Result and never throws. */
import { expose } from 'comlink';
import { openEmbedded } from '../data/checkpoint/embedded';
import { openFiles } from '../data/checkpoint/files';
import { openHub } from '../data/checkpoint/hub';
import { listStored, openStored, removeStored } from '../data/checkpoint/store';
import type { Checkpoint } from '../data/checkpoint/checkpoint';
import { DetectorError } from '../lib/errors';
import { attempt } from '../lib/result';
import type { ModelEntry } from '../lib/types';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { evaluate } from './evaluate';
import { Jobs, Turn } from './jobs';
import type { DetectorWorker, ModelSource, OnProgress } from './protocol';

const jobs = new Jobs();
const turn = new Turn();
let engine: Engine | undefined;

let base = new URL(self.location.origin);

function started(): Engine {
  if (!engine) throw new DetectorError('internal', 'worker', 'expected start() before anything else');
  return engine;
}

function open(source: ModelSource, signal: AbortSignal, onProgress: OnProgress): Promise<Checkpoint> {
  switch (source.kind) {
    case 'embedded':
      return openEmbedded(source.id, base, onProgress, signal);
    case 'cached':
      return openStored(source.id);
    case 'hub':
      return openHub(source.repo, source.revision ?? 'main', onProgress, signal);
    case 'files':
      return openFiles(source.name, source.files);
  }
}

const EMBEDDED: ModelEntry = { id: 'stepdetr_s', name: 'StepDETR-S', source: 'embedded', bytes: 0, licence: 'Apache-2.0' };

const worker: DetectorWorker = {
  start: (options, onEvent) =>
    attempt('device', async () => {
      base = new URL(options.base);
      const device = new DeviceOwner(options.adapter, options.backend, onEvent);
      const info = await device.open();
      engine = new Engine(device, onEvent);
      return info;
    }),
  memory: () => attempt('memory', () => started().device.memory()),
  models: () => attempt('models', async () => [EMBEDDED, ...(await listStored())]),
  load: (source, job, onProgress) =>
    attempt('model', () =>
      jobs.run(job, async (signal) => {
        const checkpoint = await open(source, signal, onProgress);
        return turn.take(async () => {
          const info = started().use(checkpoint);
          onProgress({ stage: 'compile', done: 0, total: 1, unit: 'steps' });
          await started().warmUp();
          onProgress({ stage: 'compile', done: 1, total: 1, unit: 'steps' });
          return info;
        });
      }),
    ),
  remove: (id) => attempt(id, () => removeStored(id)),
  detect: (image, name, job) =>
    attempt(name, () => jobs.run(job, (signal) => turn.take(() => started().detect(image, name, signal)))),
  evaluate: (annotations, images, options, job, onProgress) =>
    attempt('evaluation', () =>
      jobs.run(job, (signal) => turn.take(() => evaluate(started(), annotations, images, options, signal, onProgress))),
    ),
  cancel: async (job) => jobs.cancel(job),
  loseDevice: async () => started().device.destroy(),
};

expose(worker);
