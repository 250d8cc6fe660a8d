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

/** Work that needs the GPU, one after another in the order it was asked for: two at once would only slow each other down. */
export class Turn {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work, work);
    this.last = next.catch(() => undefined);
    return next;
  }
}
