/** Hub downloads and kept files in the browser's real private file system, in a worker (as in the app) and in the page. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runTask, type OpfsTask } from './testing/opfs.worker';
import { dropped, sampleConfig, sampleWeights } from './testing/sample-checkpoint';

const REPO = 'parity/opfs';
const ID = 'parity--opfs';
const WEIGHTS = sampleWeights(200_000);
const DATA = WEIGHTS.slice(-800_000);
const FILES = { 'config.json': new TextEncoder().encode(sampleConfig), 'model.safetensors': WEIGHTS };

const startWorker = (): Worker => new Worker(new URL('./testing/opfs.worker.ts', import.meta.url), { type: 'module' });
let worker = startWorker();
afterAll(() => worker.terminate());

function inWorker(task: OpfsTask): Promise<unknown> {
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }: MessageEvent<{ value?: unknown; error?: string }>) =>
      data.error === undefined ? done(data.value) : fail(new Error(data.error));
    worker.onerror = ({ message }) => fail(new Error(message));
    worker.postMessage(task);
  });
}

interface Visit {
  data: Uint8Array;
  sha256: string;
  notKept?: unknown;
  ranges: (string | null)[];
}
const resumedAt = ({ ranges }: Visit): number => Number(/^bytes=(\d+)-$/.exec(ranges[0] ?? '')?.[1] ?? NaN);

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

describe.each([
  ['worker', inWorker],
  ['page', runTask],
])('the private file system in the %s', (_, run) => {
  afterEach(async () => {
    for (const id of [ID, 'kept']) await run({ kind: 'remove', id });
  });

  it('keeps the part of a broken download and goes on from it', async () => {
    await expect(run({ kind: 'hub', repo: REPO, files: FILES, breakAfter: 300_000 })).rejects.toThrow(
      'the connection failed',
    );
    expect(await run({ kind: 'names', id: ID })).toEqual(['model.safetensors.part', 'model.safetensors.part.json']);
    expect(await run({ kind: 'list' })).toEqual([]);

    const second = (await run({ kind: 'hub', repo: REPO, files: FILES, breakAfter: Infinity })) as Visit;
    expect(second.notKept).toBeUndefined();
    expect(second.ranges).toHaveLength(1);
    expect(resumedAt(second)).toBeGreaterThanOrEqual(300_000);
    expect(same(second.data, DATA)).toBe(true);
    expect(await run({ kind: 'names', id: ID })).toEqual(['config.json', 'manifest.json', 'model.safetensors']);
    expect(await run({ kind: 'list' })).toEqual([
      {
        id: ID,
        name: REPO,
        source: 'hub',
        bytes: WEIGHTS.length + sampleConfig.length,
        sha256: second.sha256,
        licence: 'MIT',
      },
    ]);
    expect(same((await run({ kind: 'open', id: ID })) as Uint8Array, DATA)).toBe(true);
  });

  it('keeps dropped files until they are deleted', async () => {
    await run({
      kind: 'keep',
      name: 'kept',
      files: [dropped('config.json', sampleConfig), dropped('model.safetensors', WEIGHTS)],
    });
    expect(same((await run({ kind: 'open', id: 'kept' })) as Uint8Array, DATA)).toBe(true);
    await run({ kind: 'remove', id: 'kept' });
    expect(await run({ kind: 'list' })).toEqual([]);
    expect(await run({ kind: 'names', id: 'kept' })).toEqual([]);
  });
});

it('goes on after the worker was killed in the middle', async () => {
  expect(await inWorker({ kind: 'hub', repo: REPO, files: FILES, breakAfter: 300_000, stall: true })).toBe('stalled');
  worker.terminate();
  worker = startWorker();
  const second = (await inWorker({ kind: 'hub', repo: REPO, files: FILES, breakAfter: Infinity })) as Visit;
  expect(second.notKept).toBeUndefined();
  expect(resumedAt(second)).toBeGreaterThanOrEqual(300_000);
  expect(same(second.data, DATA)).toBe(true);
  expect(same((await inWorker({ kind: 'open', id: ID })) as Uint8Array, DATA)).toBe(true);
  await inWorker({ kind: 'remove', id: ID });
});
