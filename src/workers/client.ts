/** The page's side of the worker: the same methods as DetectorWorker, with callbacks that may be plain functions. */
import { proxy, releaseProxy, wrap } from 'comlink';
import type { DetectorWorker, OnEvent, StartOptions } from './protocol';

export interface DetectorClient extends Omit<DetectorWorker, 'start'> {
  start(options: StartOptions, onEvent: OnEvent): ReturnType<DetectorWorker['start']>;
  /** Ends the worker and whatever it was doing. */
  terminate(): void;
}

/** Starts the worker (its code loads in parallel with the page's); call `start` on the result before anything else. */
export function createDetectorClient(): DetectorClient {
  const worker = new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module', name: 'detector' });
  const remote = wrap<DetectorWorker>(worker);
  return {
    start: (options, onEvent) => remote.start({ ...options, base: document.baseURI }, proxy(onEvent)),
    memory: () => remote.memory(),
    models: () => remote.models(),
    load: (source, job, onProgress) => remote.load(source, job, proxy(onProgress)),
    remove: (id) => remote.remove(id),
    detect: (image, name, job) => remote.detect(image, name, job),
    evaluate: (annotations, images, options, job, onProgress) =>
      remote.evaluate(annotations, images, options, job, proxy(onProgress)),
    cancel: (job) => remote.cancel(job),
    loseDevice: () => remote.loseDevice(),
    terminate: () => {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
