import { expect, test } from 'vitest';
import { framesTable, spread, viewFrames } from './summary';
import { mainThreadTasks } from './trace';

test('median, 95th percentile and worst', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(spread(values)).toEqual({ median: 51, p95: 96, worst: 100 });
  expect(spread([7])).toEqual({ median: 7, p95: 7, worst: 7 });
});

test('tasks are those of the busiest main thread, with their own time', () => {
  const name = (tid: number, thread: string) => ({ ph: 'M', name: 'thread_name', pid: 1, tid, args: { name: thread } });
  const task = (tid: number, dur: number, tdur: number) => ({
    ph: 'X',
    name: 'RunTask',
    pid: 1,
    tid,
    ts: 0,
    dur,
    tdur,
  });
  const traceEvents = [
    name(1, 'CrRendererMain'),
    name(2, 'Compositor'),
    name(3, 'CrRendererMain'),
    task(1, 90_000, 60_000),
    task(1, 80_000, 2_000),
    task(2, 500_000, 500_000),
    task(3, 100, 100),
    { ...task(1, 70_000, 70_000), name: 'FunctionCall' },
  ];
  const tasks = mainThreadTasks(JSON.stringify({ traceEvents }));
  expect(tasks).toEqual([
    { ms: 90, ownMs: 60 },
    { ms: 80, ownMs: 2 },
  ]);
  const recording = { deltas: [16, 17, 50], longTasks: [90, 80], scripts: [{ ms: 55, what: 'a' }] };
  const view = viewFrames('charts', 2, recording, tasks);
  expect(view).toMatchObject({ frames: 3, longTasks: { count: 2, worst: 90 }, own: { count: 1, worst: 60 } });
  expect(view.own.busy).toBeCloseTo(0.031, 6);
  expect(framesTable([view])).toContain('charts');
});
