import { describe, expect, it, vi } from 'vitest';
import type { QueryViews } from '../lib/query-views';
import type { Result } from '../lib/result';
import { twoQueries } from '../lib/testing/detections';
import { deformableViews } from '../lib/testing/query-views';
import { createLooking } from './query-views';
import { freshStore, modelInfo } from './testing/fakes';

interface Call {
  name: string;
  query: number;
  job: string;
  answer(result: Result<QueryViews>): void;
}

/** A store with a detected image, and a worker that answers when the test says so. */
function fixture() {
  const store = freshStore();
  const calls: Call[] = [];
  const cancelled: string[] = [];
  const client = {
    inspect: (_image: Blob, name: string, query: number, job: string) =>
      new Promise<Result<QueryViews>>((answer) => void calls.push({ name, query, job, answer })),
    cancel: async (job: string) => void cancelled.push(job),
  };
  createLooking(store, client, { blob: (id) => (id === 'a' ? new Blob(['a']) : undefined) });
  store.getState().setModel('load', modelInfo('m'));
  store.getState().addImage({ id: 'a', name: 'a.jpg', origin: 'file', status: 'waiting', width: 0, height: 0 });
  store.getState().setResult('a', twoQueries());
  const asked = () => store.getState().askedViews;
  return { store, calls, cancelled, asked };
}

const answered = { ok: true as const, value: deformableViews() };

describe('what a query looked at', () => {
  it('is asked for when a query is followed and the view is open', async () => {
    const { store, calls, asked } = fixture();
    store.getState().selectQuery(1);
    expect(calls).toEqual([]);
    store.getState().setLooking(true);
    expect(calls.map(({ name, query }) => [name, query])).toEqual([['a.jpg', 1]]);
    expect(asked()).toMatchObject({ image: 'a', query: 1 });
    calls[0]!.answer(answered);
    await vi.waitFor(() => expect(asked()?.data).toBe(answered.value));
    store.getState().setThreshold(0.5);
    store.getState().setLayerPosition(1);
    expect(calls).toHaveLength(1);
  });

  it('is cancelled when another query is followed, and a late answer changes nothing', async () => {
    const { store, calls, cancelled, asked } = fixture();
    store.getState().setLooking(true);
    store.getState().selectQuery(1);
    store.getState().selectQuery(0);
    expect(cancelled).toEqual([calls[0]!.job]);
    calls[0]!.answer(answered);
    await Promise.resolve();
    expect(asked()).toMatchObject({ query: 0 });
    expect(asked()?.data).toBeUndefined();
    store.getState().selectQuery(null);
    expect(cancelled).toEqual(calls.map(({ job }) => job));
    expect(asked()).toBeNull();
  });

  it('is asked again of a new result, and not of a model that is gone', () => {
    const { store, calls, asked } = fixture();
    store.getState().setLooking(true);
    store.getState().selectQuery(1);
    store.getState().setResult('a', twoQueries());
    expect(calls).toHaveLength(2);
    store.getState().setModel('load', modelInfo('other'));
    expect(calls).toHaveLength(2);
    expect(asked()).toBeNull();
  });

  it('says why it cannot be had', async () => {
    const { store, calls, asked } = fixture();
    store.getState().setLooking(true);
    store.getState().selectQuery(1);
    const error = { code: 'device' as const, subject: 'GPU', message: 'is gone' };
    calls[0]!.answer({ ok: false, error });
    await vi.waitFor(() => expect(asked()?.error).toEqual(error));
    store.getState().setThreshold(0.5);
    expect(calls).toHaveLength(1);
  });

  it('keeps the chosen head only where the model has it', async () => {
    const { store, calls } = fixture();
    store.setState({ lookHead: 5 });
    store.getState().setLooking(true);
    store.getState().selectQuery(1);
    calls[0]!.answer(answered);
    await vi.waitFor(() => expect(store.getState().lookHead).toBeNull());
  });
});
