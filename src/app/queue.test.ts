import { describe, expect, it, vi } from 'vitest';
import { Pictures } from '../state/pictures';
import { createQueue } from './queue';
import { addImage, FAKE_MEMORY, fakeClient, freshStore, modelInfo } from './testing/fakes';

function fixture(...ids: string[]) {
  const store = freshStore();
  const fake = fakeClient();
  const pictures = new Pictures(() => Promise.reject(new Error('the queue decodes nothing')));
  const queue = createQueue(store, fake.client, pictures);
  store.getState().setModel('load', modelInfo('m'));
  for (const id of ids) addImage(store, pictures, id);
  const status = (): string[] => store.getState().images.map((item) => `${item.id}:${item.status}`);
  return { store, queue, pictures, status, ...fake };
}

/** Waits until the n-th detection was asked for. */
const asked = (calls: unknown[], n: number): Promise<void> => vi.waitFor(() => expect(calls).toHaveLength(n));

describe('the queue', () => {
  it('detects one after another, in order, and counts', async () => {
    const { queue, calls, store, status, succeed } = fixture('a', 'b');
    queue.wake();
    queue.wake();
    expect(calls.map(({ name }) => name)).toEqual(['a.jpg']);
    expect(store.getState().queue).toEqual({ done: 0, total: 2 });
    calls[0]!.answer(succeed);
    await asked(calls, 2);
    expect(store.getState().queue).toEqual({ done: 1, total: 2 });
    calls[1]!.answer(succeed);
    await vi.waitFor(() => expect(store.getState().memory).toEqual(FAKE_MEMORY));
    expect(status()).toEqual(['a:done', 'b:done']);
    expect(store.getState().queue).toEqual({ done: 0, total: 0 });
  });

  it('takes the image that is looked at first', async () => {
    const { queue, calls, store, succeed } = fixture('a', 'b', 'c');
    queue.wake();
    store.getState().showImage('c');
    calls[0]!.answer(succeed);
    await asked(calls, 2);
    expect(calls[1]!.name).toBe('c.jpg');
  });

  it('refuses one bad image by name and goes on', async () => {
    const { queue, calls, store, status, succeed } = fixture('a', 'b');
    queue.wake();
    const error = { code: 'image' as const, subject: 'a.jpg', message: 'is cut off' };
    calls[0]!.answer({ ok: false, error });
    await asked(calls, 2);
    calls[1]!.answer(succeed);
    await vi.waitFor(() => expect(status()).toEqual(['a:failed', 'b:done']));
    expect(store.getState().refusals).toEqual([error]);
  });

  it('skips what waits when it is cancelled, and takes it up when it is shown', async () => {
    const { queue, calls, cancelled, store, status } = fixture('a', 'b');
    queue.wake();
    queue.cancel();
    await vi.waitFor(() => expect(status()).toEqual(['a:skipped', 'b:skipped']));
    expect(cancelled).toEqual([calls[0]!.job]);
    store.getState().showImage('b');
    await asked(calls, 2);
    expect(calls[1]!.name).toBe('b.jpg');
  });

  it('cancels the detection of an image that is taken away', async () => {
    const { queue, calls, cancelled, store, pictures } = fixture('a', 'b');
    queue.wake();
    pictures.remove('a');
    store.getState().removeImage('a');
    await asked(calls, 2);
    expect(cancelled).toEqual([calls[0]!.job]);
    expect(calls[1]!.name).toBe('b.jpg');
    expect(store.getState().refusals).toEqual([]);
  });

  it('goes through everything again but keeps results until then', async () => {
    const { queue, calls, store, status, succeed } = fixture('a');
    queue.wake();
    calls[0]!.answer(succeed);
    await vi.waitFor(() => expect(status()).toEqual(['a:done']));
    await vi.waitFor(() => expect(store.getState().memory).not.toBeNull());
    queue.again();
    await asked(calls, 2);
    expect(store.getState().results['a']).toBe(succeed.value);
  });

  it('waits for a model', () => {
    const { queue, calls, store, pictures } = fixture();
    store.setState({ model: null });
    addImage(store, pictures, 'a');
    queue.wake();
    expect(calls).toHaveLength(0);
    store.getState().setModel('load', modelInfo('m'));
    queue.wake();
    expect(calls).toHaveLength(1);
  });
});
