/** What a run says reaches the store at most once a frame, however fast it trains. */
import type { RunEvent } from '../lib/training';

/** A page that is not shown has no frames; its store is still kept up to date. */
const HIDDEN_MS = 1000;

/** Calls `act` once, in the next frame or after a second. */
export type NextFrame = (act: () => void) => void;

export const nextFrame: NextFrame = (act) => {
  const run = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    act();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_MS);
};

export interface RunFeed {
  push(event: RunEvent): void;
  /** Hands over what waits now. */
  flush(): void;
}

export function createRunFeed(take: (events: readonly RunEvent[]) => void, schedule: NextFrame = nextFrame): RunFeed {
  let waiting: RunEvent[] = [];
  const flush = (): void => {
    const events = waiting;
    waiting = [];
    if (events.length > 0) take(events);
  };
  return {
    push: (event) => {
      waiting.push(event);
      if (waiting.length === 1) schedule(flush);
    },
    flush,
  };
}
