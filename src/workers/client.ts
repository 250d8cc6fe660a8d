/** The page's side of the worker: the same methods as DetectorWorker, with callbacks that may be plain functions. */
import { proxy, releaseProxy, transfer, wrap, type Remote } from 'comlink';
import { err, type Result } from '../lib/result';
import type { DetectorWorker, OnEvent, StartOptions } from './protocol';

export interface DetectorClient extends Omit<DetectorWorker, 'start'> {
  start(options: StartOptions, onEvent: OnEvent): ReturnType<DetectorWorker['start']>;
  /** Ends the worker and whatever it was doing. */
  terminate(): void;
}

const GONE = 'Reload the page; if it comes again, the browser or a blocker refuses module workers.';

/** Call `start` on the result before anything else: the worker's code is loaded then. */
export function createDetectorClient(): DetectorClient {
  let made: { worker: Worker; remote: Remote<DetectorWorker> } | undefined;
  const parts = (): NonNullable<typeof made> => {
    if (made) return made;
    const worker = new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module', name: 'detector' });
    return (made = { worker, remote: wrap<DetectorWorker>(worker) });
  };
  const remote = (): Remote<DetectorWorker> => parts().remote;
  const start: DetectorClient['start'] = async (options, onEvent) => {
    const { worker } = parts();
    // Only code that cannot be loaded is the worker's end: a later uncaught error leaves it working.
    const died = new Promise<Result<never>>((resolve) => {
      worker.onerror = ({ message }) =>
        resolve(
          err({ code: 'internal', subject: 'worker', message: message || 'its code could not be loaded', hint: GONE }),
        );
    });
    const started = remote().start({ ...options, base: document.baseURI }, proxy(onEvent));
    const answer = await Promise.race([started, died]);
    worker.onerror = null;
    return answer;
  };
  return {
    start,
    memory: () => remote().memory(),
    models: () => remote().models(),
    load: (source, job, onProgress) => remote().load(source, job, proxy(onProgress)),
    remove: (id) => remote().remove(id),
    // A frame changes hands: a copy would cost its pixels, and leave one behind here.
    detect: (image, name, job) => remote().detect(image instanceof Blob ? image : transfer(image, [image]), name, job),
    detectWith: (source, image, name, job) => remote().detectWith(source, image, name, job),
    endSecond: () => remote().endSecond(),
    inspect: (image, name, query, job) => remote().inspect(image, name, query, job),
    profile: (image, name, job) => remote().profile(image, name, job),
    setBudget: (bytes) => remote().setBudget(bytes),
    setClusters: (settings) => remote().setClusters(settings),
    compareClusters: (image, name, settings, job) => remote().compareClusters(image, name, settings, job),
    evaluate: (annotations, images, options, job, onProgress) =>
      remote().evaluate(annotations, images, options, job, proxy(onProgress)),
    train: (request, job, onRun) => remote().train(request, job, proxy(onRun)),
    resumeRun: (id, job, onRun) => remote().resumeRun(id, job, proxy(onRun)),
    pauseRun: (id) => remote().pauseRun(id),
    runs: () => remote().runs(),
    runLog: (id) => remote().runLog(id),
    runShown: (id) => remote().runShown(id),
    removeRun: (id) => remote().removeRun(id),
    checkpointFiles: (source) => remote().checkpointFiles(source),
    cancel: (job) => remote().cancel(job),
    loseDevice: () => remote().loseDevice(),
    terminate: () => {
      made?.remote[releaseProxy]();
      made?.worker.terminate();
      made = undefined;
    },
  };
}
