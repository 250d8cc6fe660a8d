import { describe, expect, it, vi } from 'vitest';
import { CLUSTER_DEFAULTS, type ClusterComparison, type ClusterSettings } from '../lib/clusters';
import type { Result } from '../lib/result';
import { comparison } from '../lib/testing/clusters';
import { twoQueries } from '../lib/testing/detections';
import type { ImageDetections } from '../lib/types';
import { createClustering } from './clusters';
import { freshStore, modelInfo } from './testing/fakes';

interface Call {
  name: string;
  settings: ClusterSettings;
  job: string;
  answer(result: Result<ClusterComparison>): void;
}

const answered = { ok: true as const, value: comparison() };

/** What the worker detects with clusters. */
const clustered = (settings = CLUSTER_DEFAULTS): ImageDetections => ({
  ...twoQueries(),
  clusters: { settings, layers: [] },
});

/** A store with an image and a model with a dense encoder, and a worker that compares when the test says so. */
function fixture(dense = true) {
  const store = freshStore();
  const calls: Call[] = [];
  const cancelled: string[] = [];
  const told: (ClusterSettings | null)[] = [];
  const again = vi.fn();
  const client = {
    setClusters: async (settings: ClusterSettings | null) => {
      told.push(settings);
      return { ok: true as const, value: undefined };
    },
    compareClusters: (_image: Blob, name: string, settings: ClusterSettings, job: string) =>
      new Promise<Result<ClusterComparison>>((answer) => void calls.push({ name, settings, job, answer })),
    cancel: async (job: string) => void cancelled.push(job),
  };
  const pictures = { blob: (id: string) => (id === 'a' ? new Blob(['a']) : undefined) };
  createClustering({ store, client, pictures, again });
  store.getState().setModel('load', { ...modelInfo('m'), ...(dense && { denseEncoder: true as const }) });
  store.getState().addImage({ id: 'a', name: 'a.jpg', origin: 'file', status: 'waiting', width: 0, height: 0 });
  return { store, calls, cancelled, told, again, asked: () => store.getState().askedClusters };
}

describe('the switch', () => {
  it('tells the worker and detects again; settings count only while it is on', async () => {
    const { store, told, again } = fixture();
    store.getState().setClusterSettings({ rounds: 16 });
    expect(told).toEqual([]);
    store.getState().setClustersOn(true);
    await vi.waitFor(() => expect(again).toHaveBeenCalledTimes(1));
    store.getState().setClusterSettings({ width: 4 });
    await vi.waitFor(() => expect(again).toHaveBeenCalledTimes(2));
    store.getState().setClusterSettings({ width: 4 });
    store.getState().setClustersOn(false);
    await vi.waitFor(() => expect(again).toHaveBeenCalledTimes(3));
    expect(told).toEqual([{ ...CLUSTER_DEFAULTS, rounds: 16 }, { rounds: 16, width: 4, seed: 1 }, null]);
  });

  it('detects once for changes that follow each other at once', async () => {
    const { store, told, again } = fixture();
    store.getState().setClustersOn(true);
    store.getState().setClusterSettings({ rounds: 8 });
    await vi.waitFor(() => expect(told).toHaveLength(2));
    await vi.waitFor(() => expect(again).toHaveBeenCalledTimes(1));
  });

  it('detects nothing again where the encoder has no dense attention', async () => {
    const { store, told, again } = fixture(false);
    store.getState().setClustersOn(true);
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await Promise.resolve();
    expect(again).not.toHaveBeenCalled();
  });
});

describe('the comparison', () => {
  it('is asked for when a result with clusters is looked at, with that result’s settings', async () => {
    const { store, calls, asked } = fixture();
    store.getState().setClustersOn(true);
    store.getState().setClustersShown(true);
    store.getState().setResult('a', twoQueries());
    expect(calls).toEqual([]);
    const settings = { ...CLUSTER_DEFAULTS, seed: 9 };
    store.getState().setResult('a', clustered(settings));
    expect(calls.map(({ name, settings: sent }) => [name, sent])).toEqual([['a.jpg', settings]]);
    store.getState().setClusterLayer(3);
    calls[0]!.answer(answered);
    await vi.waitFor(() => expect(asked()?.data).toBe(answered.value));
    // there is one layer
    expect(store.getState().clusterLayer).toBe(0);
    store.getState().setThreshold(0.5);
    expect(calls).toHaveLength(1);
  });

  it('is cancelled by the next result, whose answer counts; a late one changes nothing', async () => {
    const { store, calls, cancelled, asked } = fixture();
    store.getState().setClustersOn(true);
    store.getState().setClustersShown(true);
    store.getState().setResult('a', clustered());
    store.getState().setResult('a', clustered());
    expect(cancelled).toEqual([calls[0]!.job]);
    calls[0]!.answer(answered);
    await Promise.resolve();
    expect(asked()?.data).toBeUndefined();
    const error = { code: 'device' as const, subject: 'GPU', message: 'was lost' };
    calls[1]!.answer({ ok: false, error });
    await vi.waitFor(() => expect(asked()?.error).toEqual(error));
  });

  it('ends with the panel and with the switch', () => {
    const { store, cancelled, asked } = fixture();
    store.getState().setClustersOn(true);
    store.getState().setClustersShown(true);
    store.getState().setResult('a', clustered());
    store.getState().setClustersShown(false);
    expect(asked()).toBeNull();
    store.getState().setClustersShown(true);
    store.getState().setClustersOn(false);
    expect(asked()).toBeNull();
    expect(cancelled).toHaveLength(2);
  });
});
