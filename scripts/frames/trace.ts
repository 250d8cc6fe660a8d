/** The tasks of the page's main thread out of a Chromium trace, with the processor time that each one used itself. */

interface TraceEvent {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  /** Microseconds: on the clock, and on the processor. */
  ts?: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

export interface Task {
  /** Milliseconds on the clock, from its start to its end. */
  ms: number;
  /** Milliseconds that the main thread ran for it: what the machine's other work does not change. */
  ownMs: number;
}

export const CATEGORIES = ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'];

/**
 * @param trace JSON of Playwright's stopTracing
 * @returns tasks of the renderer's main thread that did the most; a page alone in its browser
 */
export function mainThreadTasks(trace: string): Task[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    traceEvents
      .filter(({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const byThread = new Map<string, Task[]>();
  for (const { ph, name, pid, tid, dur = 0, tdur = 0 } of traceEvents) {
    const thread = `${pid}/${tid}`;
    if (ph !== 'X' || !/RunTask$/.test(name) || !mains.has(thread)) continue;
    const tasks = byThread.get(thread) ?? [];
    tasks.push({ ms: dur / 1000, ownMs: tdur / 1000 });
    byThread.set(thread, tasks);
  }
  const total = (tasks: readonly Task[]): number => tasks.reduce((sum, { ownMs }) => sum + ownMs, 0);
  return [...byThread.values()].sort((a, b) => total(b) - total(a))[0] ?? [];
}
