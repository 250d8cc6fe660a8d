/** A store and a worker that answers when the test says so. */
import type { Result } from '../../lib/result';
import { twoQueries } from '../../lib/testing/detections';
import type { ImageDetections, ModelEntry, ModelInfo } from '../../lib/types';
import { createAppStore, type AppStore } from '../../state/store';
import type { DetectorClient } from '../../workers/client';
import type { MemoryInfo } from '../../workers/protocol';

export function freshStore(): AppStore {
  const kept = new Map<string, string>();
  return createAppStore({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
}

export const modelInfo = (id: string, source: ModelInfo['source'] = 'embedded'): ModelInfo => ({
  id,
  name: id,
  family: 'stepdetr',
  source,
  classes: ['cat', 'dog', 'bird'],
  layers: 2,
  queries: 2,
  parameters: 1,
  inputSize: [8, 8],
});

/** Adds an image and its file, as the intake does. */
export function addImage(store: AppStore, pictures: { add(id: string, blob: Blob): void }, id: string): void {
  pictures.add(id, new Blob([id]));
  store.getState().addImage({ id, name: `${id}.jpg`, origin: 'file', status: 'waiting', width: 0, height: 0 });
}

interface Call {
  name: string;
  job: string;
  answer(result: Result<ImageDetections>): void;
}

/** What the fake worker says of its memory. */
export const FAKE_MEMORY: MemoryInfo = {
  tensors: 1,
  bytes: 2,
  gpuBytes: 3,
  freeBytes: 1,
  planBytes: 0,
  filterBytes: 0,
  budget: 4,
};

/** Detections wait in `calls` until they are answered; a cancelled job answers by itself, as the worker's does. */
export function fakeClient(entries: ModelEntry[] = []) {
  const calls: Call[] = [];
  const cancelled: string[] = [];
  const client = {
    detect: (_image: Blob | ImageBitmap, name: string, job: string) =>
      new Promise<Result<ImageDetections>>((answer) => void calls.push({ name, job, answer })),
    cancel: async (job: string) => {
      cancelled.push(job);
      calls
        .find((call) => call.job === job)
        ?.answer({ ok: false, error: { code: 'cancelled', subject: job, message: 'was cancelled' } });
    },
    memory: async () => ({ ok: true as const, value: FAKE_MEMORY }),
    models: async () => ({ ok: true as const, value: entries }),
    remove: async () => ({ ok: true as const, value: undefined }),
  } satisfies Partial<DetectorClient>;
  return { client, calls, cancelled, succeed: { ok: true as const, value: twoQueries() } };
}
