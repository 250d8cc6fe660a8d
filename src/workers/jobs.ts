/** Jobs that a person can cancel, by the id the page gave them. */
import { DetectorError } from '../lib/errors';

export class Jobs {
  private readonly running = new Map<string, AbortController>();

  /** Runs `work` under the id; a second job of the same id cancels the first. */
  async run<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.cancel(id);
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      return await work(controller.signal);
    } finally {
      if (this.running.get(id) === controller) this.running.delete(id);
    }
  }

  cancel(id: string): void {
    this.running.get(id)?.abort(new DetectorError('cancelled', id, 'was cancelled'));
  }
}

/**
 * Work that needs the GPU, one piece after another in the order it was asked for. Pieces that only wait for the GPU at their end
 * may overlap with their likes: the device has the next one's commands by then and need not rest meanwhile.
 */
export class Turn {
  /** Kept once everything asked for so far is done. */
  private done: Promise<unknown> = Promise.resolve();
  /** Kept once what may overlap can begin. */
  private handed: Promise<unknown> = Promise.resolve();

  /** Begins when everything before it is done, and nothing begins before it is done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.done.then(work);
    this.done = this.handed = next.catch(() => undefined);
    return next;
  }

  /**
   * Begins in its order; another `overlap` may begin once this one has called `handed`, though it is not done.
   * @param work calls `handed` when the queue of the GPU has its commands; where it never does, it overlaps with nothing behind it
   */
  overlap<T>(work: (handed: () => void) => Promise<T>): Promise<T> {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const next = this.handed.then(() => work(tell));
    const ended = next.catch(() => undefined);
    this.handed = Promise.race([told, ended]);
    this.done = Promise.all([this.done, ended]);
    return next;
  }
}
