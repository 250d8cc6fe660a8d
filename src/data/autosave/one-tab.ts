/** The right to keep the session, which one tab of the browser has at a time (https://w3c.github.io/web-locks/). */

const LOCK = 'stepdetr-session';
/** A page that is reloaded gives its lock back a moment after the next one begins. */
const WAIT_MS = 1500;

/**
 * Holds the lock until the tab is closed.
 * @returns false where another tab holds it; true, too, in a browser that has no locks
 */
export function beTheOneTab(name = LOCK, wait = WAIT_MS): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return Promise.resolve(true);
  return new Promise((answer) => {
    const signal = AbortSignal.timeout(wait);
    const hold = (): Promise<never> => {
      answer(true);
      return new Promise(() => undefined);
    };
    locks.request(name, { signal }, hold).catch(() => answer(false));
  });
}
