/** The page's side of the worker: the same methods as DetectorWorker, with callbacks that may be plain functions. */
import { proxy, releaseProxy, wrap } from 'comlink';
import { err, type Result } from '../lib/result';
import type { DetectorWorker, OnEvent, StartOptions } from './protocol';

export interface DetectorClient extends Omit<DetectorWorker, 'start'> {
  start(options: StartOptions, onEvent: OnEvent): ReturnType<DetectorWorker['start']>;
  /** Ends the worker and whatever it was doing. */
  terminate(): void;
}

const GONE = 'Reload the page; if it comes again, the browser or a blocker refuses module workers.';

/** Starts the worker (its code loads in parallel with the page's); call `start` on the result before anything else. */
export function createDetectorClient(): DetectorClient {
  const worker = new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module', name: 'detector' });
  const remote = wrap<DetectorWorker>(worker);
  // Only code that cannot be loaded is the worker's end: a later uncaught error leaves it working.
  const died = new Promise<Result<never>>((resolve) => {
    worker.onerror = ({ message }) =>
      resolve(
        err({ code: 'internal', subject: 'worker', message: message || 'its code could not be loaded', hint: GONE }),
      );
  });
  const start: DetectorClient['start'] = async (options, onEvent) => {
    const answer = await Promise.race([remote.start({ ...options, base: document.baseURI }, proxy(onEvent)), died]);
    worker.onerror = null;
    return answer;
  };
  return {
    start,
    memory: () => remote.memory(),
    models: () => remote.models(),
    load: (source, job, onProgress) => remote.load(source, job, proxy(onProgress)),
    remove: (id) => remote.remove(id),
    detect: (image, name, job) => remote.detect(image, name, job),
    detectWith: (source, image, name, job) => remote.detectWith(source, image, name, job),
    endSecond: () => remote.endSecond(),
    inspect: (image, name, query, job) => remote.inspect(image, name, query, job),
    setClusters: (settings) => remote.setClusters(settings),
    compareClusters: (image, name, settings, job) => remote.compareClusters(image, name, settings, job),
    evaluate: (annotations, images, options, job, onProgress) =>
      remote.evaluate(annotations, images, options, job, proxy(onProgress)),
    train: (request, job, onRun) => remote.train(request, job, proxy(onRun)),
    resumeRun: (id, job, onRun) => remote.resumeRun(id, job, proxy(onRun)),
    pauseRun: (id) => remote.pauseRun(id),
    runs: () => remote.runs(),
    runLog: (id) => remote.runLog(id),
    runShown: (id) => remote.runShown(id),
    removeRun: (id) => remote.removeRun(id),
    checkpointFiles: (source) => remote.checkpointFiles(source),
    cancel: (job) => remote.cancel(job),
    loseDevice: () => remote.loseDevice(),
    terminate: () => {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
