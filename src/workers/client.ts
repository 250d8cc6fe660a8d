/** The page's side of the worker: the same methods as DetectorWorker, with callbacks that may be plain functions. */
import { proxy, releaseProxy, wrap } from 'comlink';
import { err, type Result } from '../lib/result';
import type { DetectorWorker, OnEvent, StartOptions } from './protocol';

export interface DetectorClient extends Omit<DetectorWorker, 'start'> {
  start(options: StartOptions, onEvent: OnEvent): ReturnType<DetectorWorker['start']>;
  /** Ends the worker and whatever it was doing. */
  terminate(): void;
}

const GONE = 'Reload the page: images must be opened again, checkpoints that were kept are still there.';

/** Starts the worker (its code loads in parallel with the page's); call `start` on the result before anything else. */
export function createDetectorClient(): DetectorClient {
  const worker = new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module', name: 'detector' });
  const remote = wrap<DetectorWorker>(worker);
  const died = new Promise<Result<never>>((resolve) => {
    const tell = (message: string): void => resolve(err({ code: 'internal', subject: 'worker', message, hint: GONE }));
    worker.onerror = ({ message }) => tell(message || 'its code could not be loaded');
    worker.onmessageerror = () => tell('a message could not be read');
  });
  /** The worker's answer, or the news that there is no worker any more: a call must not hang. */
  const ask = <T>(answer: Promise<Result<T>>): Promise<Result<T>> => Promise.race([answer, died]);
  return {
    start: (options, onEvent) => ask(remote.start({ ...options, base: document.baseURI }, proxy(onEvent))),
    memory: () => ask(remote.memory()),
    models: () => ask(remote.models()),
    load: (source, job, onProgress) => ask(remote.load(source, job, proxy(onProgress))),
    remove: (id) => ask(remote.remove(id)),
    detect: (image, name, job) => ask(remote.detect(image, name, job)),
    evaluate: (annotations, images, options, job, onProgress) =>
      ask(remote.evaluate(annotations, images, options, job, proxy(onProgress))),
    cancel: (job) => remote.cancel(job),
    loseDevice: () => remote.loseDevice(),
    terminate: () => {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
