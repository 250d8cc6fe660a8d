/** From what was recorded to the numbers that are printed. */
import type { Recording, ScriptShare } from './page-recorder';
import type { Task } from './trace';

/** What the W3C calls a long task, milliseconds. */
export const LONG_MS = 50;

export interface Spread {
  median: number;
  p95: number;
  worst: number;
}

export interface ViewFrames {
  view: string;
  seconds: number;
  frames: number;
  /** Milliseconds between frames. */
  delta: Spread;
  /** Tasks over 50 ms on the clock, and how long the longest was. */
  longTasks: { count: number; worst: number };
  /** Tasks whose own processor time is over 50 ms, the longest task's own time, and the part of the time that the thread worked. */
  own: { count: number; worst: number; busy: number };
  /** Longest scripts of long frames, on the clock. */
  scripts: ScriptShare[];
}

const SCRIPTS_TOLD = 5;

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
  return { median: at(0.5), p95: at(0.95), worst: at(1) };
}

export function viewFrames(view: string, seconds: number, recording: Recording, tasks: readonly Task[]): ViewFrames {
  const worst = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  const own = tasks.map(({ ownMs }) => ownMs);
  return {
    view,
    seconds,
    frames: recording.deltas.length,
    delta: spread(recording.deltas),
    longTasks: { count: recording.longTasks.length, worst: worst(recording.longTasks) },
    own: {
      count: own.filter((ms) => ms > LONG_MS).length,
      worst: worst(own),
      busy: own.reduce((sum, ms) => sum + ms, 0) / (seconds * 1000),
    },
    scripts: recording.scripts.toSorted((a, b) => b.ms - a.ms).slice(0, SCRIPTS_TOLD),
  };
}

const HEAD = ['view', 'frames/s', 'median', 'p95', 'worst', 'long tasks', 'worst', 'own > 50', 'worst own', 'busy'];

/** A line for each view; milliseconds. */
export function framesTable(views: readonly ViewFrames[]): string {
  const rows = views.map(({ view, seconds, frames, delta, longTasks, own }) => [
    view,
    (frames / seconds).toFixed(1),
    ...[delta.median, delta.p95, delta.worst].map((ms) => ms.toFixed(1)),
    String(longTasks.count),
    longTasks.worst.toFixed(0),
    String(own.count),
    own.worst.toFixed(1),
    `${(own.busy * 100).toFixed(0)} %`,
  ]);
  const widths = HEAD.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  return [HEAD, ...rows].map(line).join('\n');
}
