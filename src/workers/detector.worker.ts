/** The worker's entry: DetectorWorker over the engine. Every method answers with a Result and never throws. */
import { expose } from 'comlink';
import { listEmbedded, type Checkpoint } from '../data/checkpoint';
import { keepFiles, listStored, removeStored } from '../data/store';
import { tuningStore } from '../data/tuning-store';
import type { OpenedDevice } from '../kernels/backend';
import { DetectorError, toAppError } from '../lib/errors';
import { attempt } from '../lib/result';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { evaluate } from './evaluate';
import { Jobs, Turn } from './jobs';
import type { DetectorWorker, ModelSource, OnEvent, OnProgress } from './protocol';
import { Runs } from './runs';
import { SecondModel } from './second';
import { tuneDevice, worthTuning } from './tuning';
import { filesOfRun, openSource, type OpenOptions } from './sources';

const jobs = new Jobs();
const turn = new Turn();
let engine: Engine | undefined;
let tell: OnEvent = () => undefined;

let base = new URL(self.location.origin);

function started(): Engine {
  if (!engine) throw new DetectorError('internal', 'worker', 'expected start() before anything else');
  return engine;
}

let tuned: OpenedDevice | undefined;

/** In the background, when a model is there and this device has not been measured. */
function tuneOnce(): void {
  const { gpu } = started().device;
  if (!worthTuning(gpu) || gpu === tuned) return;
  tuned = gpu;
  void tuneDevice(gpu, { turn, engine: started, store: tuningStore() });
}

/** How checkpoints are opened. */
function opening(signal: AbortSignal, onProgress: OnProgress = () => undefined): OpenOptions {
  return { base: base.href, turn, signal, onProgress };
}

const runs = new Runs({
  engine: started,
  turn,
  options: (signal) => opening(signal),
});

const second = new SecondModel({ primary: started, turn, options: (signal) => opening(signal) });

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
  memory: () => attempt('memory', () => started().memory()),
  models: () => attempt('models', async () => [...listEmbedded(), ...(await listStored())]),
  load: (source, job, onProgress) =>
    attempt('model', () =>
      jobs.run(job, async (signal) => {
        const checkpoint = await openSource(source, opening(signal, onProgress));
        const info = await turn.take(async () => {
          const info = started().use(checkpoint);
          onProgress({ stage: 'compile', done: 0, total: 1, unit: 'steps' });
          await started().warmUp();
          onProgress({ stage: 'compile', done: 1, total: 1, unit: 'steps' });
          return info;
        });
        await keep(source, checkpoint);
        tuneOnce();
        return info;
      }),
    ),
  remove: (id) => attempt(id, () => removeStored(id)),
  detect: (image, name, job) =>
    attempt(name, () =>
      jobs.run(job, (signal) => turn.overlap((handed) => started().detect(image, name, signal, handed))),
    ),
  detectWith: (source, image, name, job) =>
    attempt(name, () => jobs.run(job, (signal) => second.detect(source, image, name, signal))),
  endSecond: () => attempt('second model', () => second.end()),
  inspect: (image, name, query, job) =>
    attempt(name, () => jobs.run(job, (signal) => turn.take(() => started().inspect(image, name, query, signal)))),
  profile: (image, name, job) =>
    attempt(name, () => jobs.run(job, (signal) => turn.take(() => started().profile(image, name, signal)))),
  setBudget: (bytes) =>
    attempt('memory budget', () =>
      turn.take(async () => {
        const { budget } = started().device;
        budget.ask(bytes);
        budget.keep();
      }),
    ),
  setClusters: (settings) =>
    attempt('clusters', () =>
      turn.take(async () => {
        started().clusters = settings;
      }),
    ),
  compareClusters: (image, name, settings, job) =>
    attempt(name, () =>
      jobs.run(job, (signal) => turn.take(() => started().compareClusters(image, name, settings, signal))),
    ),
  evaluate: (annotations, images, options, job, onProgress) =>
    attempt('evaluation', () =>
      jobs.run(job, (signal) => {
        const measure = (engine: Engine) => evaluate(engine, annotations, images, options, signal, onProgress);
        return options.model ? second.use(options.model, signal, measure) : turn.take(() => measure(started()));
      }),
    ),
  train: (request, job, onRun) =>
    attempt(request.name, () => jobs.run(job, (signal) => runs.train(request, signal, onRun))),
  resumeRun: (id, job, onRun) => attempt(id, () => jobs.run(job, (signal) => runs.resume(id, signal, onRun))),
  pauseRun: async (id) => runs.pause(id),
  runs: () => attempt('runs', () => runs.list((error) => tell({ type: 'fault', error }))),
  runLog: (id) => attempt(id, () => runs.log(id)),
  runShown: (id) => attempt(id, () => runs.shown(id)),
  removeRun: (id) => attempt(id, () => runs.remove(id)),
  checkpointFiles: (source) =>
    attempt('checkpoint', () =>
      source.kind === 'run'
        ? filesOfRun(source, opening(new AbortController().signal))
        : turn.take(() => started().checkpointFiles()),
    ),
  cancel: async (job) => jobs.cancel(job),
  loseDevice: async () => started().device.destroy(),
};

expose(worker);
