/** The worker's entry: DetectorWorker over the engine. Every method answers with a Result and never throws. */
import { expose } from 'comlink';
import { EMBEDDED, listEmbedded, openEmbedded, type Checkpoint } from '../data/checkpoint';
import { openFiles } from '../data/checkpoint-files';
import { openHub } from '../data/hub';
import { keepFiles, listStored, openStored, removeStored } from '../data/store';
import { DetectorError, toAppError } from '../lib/errors';
import { attempt } from '../lib/result';
import { requireFamily } from '../models/load';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { evaluate } from './evaluate';
import { Jobs, Turn } from './jobs';
import type { DetectorWorker, ModelSource, OnEvent, OnProgress } from './protocol';

const jobs = new Jobs();
const turn = new Turn();
let engine: Engine | undefined;
let tell: OnEvent = () => undefined;

let base = new URL(self.location.origin);

function started(): Engine {
  if (!engine) throw new DetectorError('internal', 'worker', 'expected start() before anything else');
  return engine;
}

async function open(source: ModelSource, signal: AbortSignal, onProgress: OnProgress): Promise<Checkpoint> {
  switch (source.kind) {
    case 'embedded':
      return openEmbedded(source.id, base.href, onProgress, signal);
    case 'cached':
      return openStored(source.id);
    case 'hub':
      return openHub(source.repo, source.revision ?? 'main', onProgress, signal, { accept: requireFamily });
    case 'files':
      return openFiles(source.name, source.files);
  }
}

/** A StepDETR that was saved without the frozen backbone stands on the embedded one, which is the same for all. */
async function withBackbone(checkpoint: Checkpoint, signal: AbortSignal, onProgress: OnProgress): Promise<Checkpoint> {
  const { config, extra } = checkpoint;
  if (config['model_type'] !== 'stepdetr' || config['patch'] !== 0 || extra.size > 0) return checkpoint;
  const embedded = await openEmbedded(EMBEDDED[0]!.id, base.href, onProgress, signal);
  return { ...checkpoint, extra: embedded.extra };
}

/** Keeps dropped files for the next visit; where that fails the model still serves this one, and the person is told. */
async function keep(source: ModelSource, checkpoint: Checkpoint): Promise<void> {
  if (checkpoint.notKept) tell({ type: 'fault', error: checkpoint.notKept });
  if (source.kind !== 'files') return;
  try {
    await keepFiles(source.name, source.files, checkpoint.licence);
  } catch (thrown) {
    tell({ type: 'fault', error: toAppError(thrown, source.name) });
  }
}

const worker: DetectorWorker = {
  start: (options, onEvent) =>
    attempt('device', async () => {
      base = new URL('.', options.base);
      const device = new DeviceOwner(options.adapter, options.backend, onEvent);
      const info = await device.open();
      tell = onEvent;
      engine = new Engine(device, onEvent);
      return info;
    }),
  memory: () => attempt('memory', () => started().device.memory()),
  models: () => attempt('models', async () => [...listEmbedded(), ...(await listStored())]),
  load: (source, job, onProgress) =>
    attempt('model', () =>
      jobs.run(job, async (signal) => {
        const checkpoint = await withBackbone(await open(source, signal, onProgress), signal, onProgress);
        const info = await turn.take(async () => {
          const info = started().use(checkpoint);
          onProgress({ stage: 'compile', done: 0, total: 1, unit: 'steps' });
          await started().warmUp();
          onProgress({ stage: 'compile', done: 1, total: 1, unit: 'steps' });
          return info;
        });
        await keep(source, checkpoint);
        return info;
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
