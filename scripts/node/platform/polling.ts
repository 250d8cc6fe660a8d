/**
 * How often Dawn looks whether the GPU has finished. While anything is awaited dawn.node asks in every turn of the event loop
 * (`setImmediate`), which keeps a core busy; on a software adapter that core is the GPU. Here it asks so only for a moment, then
 * once a millisecond. Two cores, lavapipe: the same work in 0.6 to 0.7 of the time.
 */

/** So long a wait is watched without a pause: most of a real GPU's are shorter, and those end as soon as they would. */
const WATCHED_MS = 2;
const PAUSE_MS = 1;

type Task = () => void;
type Queue = (task: Task, ...rest: unknown[]) => unknown;

/** Dawn's callback is compiled; a script's is not. A bound function looks compiled too and comes at most a pause late. */
const isCompiled = (task: Task): boolean => Function.prototype.toString.call(task).endsWith('{ [native code] }');

/**
 * A setImmediate for Dawn: its first looks at a wait come at once, later ones after a pause; other tasks as ever.
 * @param immediate the one of Node
 */
export function pacedImmediate(immediate: Queue, later: (task: Task, ms: number) => unknown = setTimeout): Queue {
  let since = 0;
  let looking = false;
  return (task, ...rest) => {
    if (!isCompiled(task)) return immediate(task, ...rest);
    const now = performance.now();
    // A look that finds something still awaited asks for the next from within itself.
    if (!looking) since = now;
    const look = (): void => {
      looking = true;
      try {
        task();
      } finally {
        looking = false;
      }
    };
    return now - since < WATCHED_MS ? immediate(look) : later(look, PAUSE_MS);
  };
}
