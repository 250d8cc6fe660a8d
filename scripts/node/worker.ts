/**
 * The detector's worker in this thread: its own code, started as it is, behind the same Comlink protocol. Messages are handed over
 * without being copied: files keep their names (Node's structured clone loses them) and callbacks are called directly.
 */
import { wrap, type Endpoint, type Remote } from 'comlink';
import type { DetectorWorker } from '../../src/workers/protocol';

type Listener = EventListenerOrEventListenerObject;

/** Two ends; what is posted at one is heard at the other, later. */
function endpoints(): [Endpoint, Endpoint] {
  const make = (): Endpoint & { other?: Endpoint; hear(data: unknown): void } => {
    const listeners = new Set<Listener>();
    return {
      addEventListener: (_type: string, listener: Listener) => void listeners.add(listener),
      removeEventListener: (_type: string, listener: Listener) => void listeners.delete(listener),
      postMessage(data: unknown) {
        setImmediate(() => (this.other as ReturnType<typeof make>).hear(data));
      },
      hear(data) {
        const event = new MessageEvent('message', { data });
        for (const listener of listeners)
          if (typeof listener === 'function') listener(event);
          else listener.handleEvent(event);
      },
    };
  };
  const [one, two] = [make(), make()];
  one.other = two;
  two.other = one;
  return [one, two];
}

/** Starts the worker's entry; installPlatform comes before. Once a process. */
export async function startWorker(): Promise<Remote<DetectorWorker>> {
  const [page, worker] = endpoints();
  // The entry exposes itself on its global scope, as a worker of a browser does.
  Object.assign(globalThis, {
    addEventListener: worker.addEventListener,
    removeEventListener: worker.removeEventListener,
    postMessage: worker.postMessage.bind(worker),
  });
  await import('../../src/workers/detector.worker');
  return wrap<DetectorWorker>(page);
}
