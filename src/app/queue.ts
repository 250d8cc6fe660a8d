/** Images go through the model one after another, the one that is looked at first. */
import type { ImageItem } from '../state/images';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import { toAppError } from '../lib/errors';
import { attempt } from '../lib/result';
import { newId } from './ids';

export interface Queue {
  /** Goes on if there is something to do; safe to call at any time. */
  wake(): void;
  /** Stops the running detection and skips those that wait. */
  cancel(): void;
  /** Everything through the model again, for instance another model. Results stay until they are replaced. */
  again(): void;
}

const isPending = ({ status }: ImageItem): boolean => status === 'waiting' || status === 'stored';

export function createQueue(
  store: AppStore,
  client: Pick<DetectorClient, 'detect' | 'cancel' | 'memory'>,
  pictures: Pictures,
): Queue {
  let running: { image: string; job: string } | null = null;
  let done = 0;

  const next = (): ImageItem | undefined => {
    const { images, currentImage, model, deviceStatus } = store.getState();
    if (!model || deviceStatus === 'failed') return undefined;
    return images.find((item) => item.id === currentImage && isPending(item)) ?? images.find(isPending);
  };

  const countUp = (): void => {
    const waiting = store.getState().images.filter((item) => isPending(item) || item.status === 'detecting').length;
    store.getState().setQueue(waiting === 0 ? { done: 0, total: 0 } : { done, total: done + waiting });
    if (waiting === 0) done = 0;
  };

  const detect = async (item: ImageItem): Promise<void> => {
    const blob = pictures.blob(item.id);
    if (!blob) return;
    const job = newId('detect');
    running = { image: item.id, job };
    store.getState().setImageStatus(item.id, 'detecting');
    countUp();
    // The call itself fails only when the worker is gone.
    const answer = await client.detect(blob, item.name, job).catch((thrown: unknown) => ({
      ok: false as const,
      error: toAppError(thrown, item.name),
    }));
    running = null;
    if (answer.ok) {
      store.getState().setResult(item.id, answer.value);
      const { device, recordSpeed } = store.getState();
      if (device) recordSpeed(answer.value.model, device.adapter, answer.value.ms);
      done++;
    } else if (answer.error.code === 'cancelled') {
      store.getState().setImageStatus(item.id, 'skipped');
    } else {
      store.getState().setImageStatus(item.id, 'failed', answer.error);
      if (store.getState().images.some(({ id }) => id === item.id)) store.getState().refuse(answer.error);
    }
  };

  const readMemory = async (): Promise<void> => {
    const memory = await client.memory();
    if (memory.ok) store.getState().setMemory(memory.value);
  };

  const run = async (): Promise<void> => {
    if (running) return;
    for (let item = next(); item; item = next()) await detect(item);
    countUp();
    await readMemory();
  };

  store.subscribe((state, before) => {
    if (state.currentImage === before.currentImage) return;
    const shown = state.images.find(({ id }) => id === state.currentImage);
    if (shown?.status === 'skipped') state.setImageStatus(shown.id, 'waiting');
    queue.wake();
  });
  store.subscribe((state, before) => {
    if (state.images === before.images || !running) return;
    const { image, job } = running;
    if (!state.images.some(({ id }) => id === image)) void client.cancel(job);
  });

  const queue: Queue = {
    wake: () => {
      countUp();
      void attempt('queue', run);
    },
    cancel: () => {
      for (const { id, status } of store.getState().images) {
        if (status === 'waiting') store.getState().setImageStatus(id, 'skipped');
      }
      if (running) void client.cancel(running.job);
      countUp();
    },
    again: () => {
      for (const item of store.getState().images) {
        if (item.status === 'done' || item.status === 'skipped') store.getState().setImageStatus(item.id, 'waiting');
        // A picture that cannot be read stays refused whatever the model.
        if (item.status === 'failed' && item.error?.code !== 'image') {
          store.getState().setImageStatus(item.id, 'waiting');
        }
      }
      queue.wake();
    },
  };
  return queue;
}
