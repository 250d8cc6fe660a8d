/** Kept runs and photos in the browser's real private file system: in a worker (as in the app), killed, and in the page. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { listKept, removeKept } from '../images/kept';
import { RunStore } from './store';
import { runTask, type Look, type RunsTask } from './testing/runs.worker';

const ID = 'parity-run';
const startWorker = (): Worker => new Worker(new URL('./testing/runs.worker.ts', import.meta.url), { type: 'module' });
let worker = startWorker();
afterAll(() => worker.terminate());

type Answer = { value?: unknown; error?: string; saved?: number };

function inWorker(task: RunsTask, onSaved: (step: number) => void = () => undefined): Promise<unknown> {
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.saved !== undefined) onSaved(data.saved);
      else if (data.error === undefined) done(data.value);
      else fail(new Error(data.error));
    };
    worker.onerror = ({ message }) => fail(new Error(message));
    worker.postMessage(task);
  });
}

const look = async (): Promise<Look> => (await inWorker({ kind: 'look', id: ID })) as Look;

// The file system is that of the whole ring: what other files left there is not this one's to count.
beforeAll(async () => {
  const store = new RunStore();
  for (const { id } of (await store.listRuns()).runs) await store.removeRun(id);
  for (const id of await listKept()) await removeKept(id);
});

afterEach(async () => {
  await inWorker({ kind: 'remove', id: ID });
  for (const id of await listKept()) await removeKept(id);
});

it.each([
  ['worker', inWorker],
  ['page', (task: RunsTask) => runTask(task, () => undefined)],
])('a run in the %s comes back', async (_, run) => {
  await run({ kind: 'create', id: ID });
  expect(await listKept()).toHaveLength(2);
  await run({ kind: 'go', id: ID, from: 1, steps: 3 });
  expect(await run({ kind: 'look', id: ID })).toEqual({
    ...{ state: { step: 3, numbers: [3] }, info: 3, log: [1, 2, 3], listed: [ID], problems: 0 },
  });
});

it('a killed worker leaves the state of the last step or of the one before, whole', async () => {
  await inWorker({ kind: 'create', id: ID });
  let from = 1;
  for (const delay of [0, 3, 7, 12, 20, 33]) {
    let saved = 0;
    await new Promise<void>((done) => {
      const kill = (step: number): void => {
        saved = step;
        if (step === from + 1) setTimeout(done, delay);
      };
      void inWorker({ kind: 'go', id: ID, from, steps: 1000 }, kill);
    });
    worker.terminate();
    worker = startWorker();
    const { state, info, log, listed, problems } = await look();
    // A message of a later step may have been on its way.
    expect(state!.step).toBeGreaterThanOrEqual(saved);
    expect(state!.numbers).toEqual([state!.step]);
    expect(log).toEqual(Array.from({ length: log.length }, (_, at) => at + 1));
    expect(log.length).toBeGreaterThanOrEqual(state!.step);
    expect(info).toBeGreaterThanOrEqual(saved);
    expect([listed, problems]).toEqual([[ID], 0]);
    from = log.length + 1;
  }
});
