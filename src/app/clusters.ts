/** Tells the worker how to cluster and detects again; asks how far the shown image's answer is from the exact one. */
import { clustersJson } from '../lib/clusters-json';
import { toAppError } from '../lib/errors';
import { attempt } from '../lib/result';
import type { AskedClusters, ClusterQuestion } from '../state/clusters';
import type { Pictures } from '../state/pictures';
import { currentItem, currentResult } from '../state/select';
import type { AppState, AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import { newId } from './ids';

export interface Clustering {
  /** The comparison as JSON, to the clipboard. @param what its name in the notice */
  copy(what: string): Promise<void>;
}

interface ClusteringParts {
  store: AppStore;
  client: Pick<DetectorClient, 'setClusters' | 'compareClusters' | 'cancel'>;
  pictures: Pick<Pictures, 'blob'>;
  /** Every image through the model again. */
  again(): void;
}

/** What is to be known now: only of results that the current model made with clusters, while somebody looks. */
function wanted(state: AppState): ClusterQuestion | null {
  const { clustersShown, clustersOn, currentImage: image, model } = state;
  const result = currentResult(state);
  if (!clustersShown || !clustersOn || image === null || !result?.clusters || result.model !== model?.id) return null;
  return { image, result };
}

const isSame = (a: AskedClusters | null, b: ClusterQuestion | null): boolean =>
  a?.image === b?.image && a?.result === b?.result;

/** The worker follows the switch and the settings; the newest wins. */
function followSettings({ store, client, again }: ClusteringParts): void {
  store.subscribe((state, before) => {
    const changed = state.clustersOn && state.clusterSettings !== before.clusterSettings;
    if (state.clustersOn === before.clustersOn && !changed) return;
    void attempt('clusters', async () => {
      const settings = state.clustersOn ? state.clusterSettings : null;
      const answer = await client.setClusters(settings);
      if (!answer.ok) return store.getState().notify({ kind: 'fault', error: answer.error });
      const now = store.getState();
      if (now.clustersOn !== state.clustersOn || now.clusterSettings !== state.clusterSettings) return;
      if (now.model?.denseEncoder) again();
    });
  });
}

export function createClustering(parts: ClusteringParts): Clustering {
  const { store, client, pictures } = parts;
  followSettings(parts);

  const ask = async ({ image, result }: ClusterQuestion): Promise<void> => {
    const blob = pictures.blob(image);
    if (!blob || !result.clusters) return;
    const job = newId('clusters');
    store.getState().askClusters({ image, result, job });
    const name = store.getState().images.find(({ id }) => id === image)?.name ?? image;
    // The call itself fails only when the worker is gone.
    const answer = await client
      .compareClusters(blob, name, result.clusters.settings, job)
      .catch((thrown: unknown) => ({ ok: false as const, error: toAppError(thrown, name) }));
    if (answer.ok) store.getState().answerClusters(job, { data: answer.value });
    else if (answer.error.code !== 'cancelled') store.getState().answerClusters(job, { error: answer.error });
  };

  store.subscribe((state) => {
    const { askedClusters: asked } = state;
    const next = wanted(state);
    if (isSame(asked, next)) return;
    if (asked && !asked.data && !asked.error) void client.cancel(asked.job);
    if (next) void ask(next);
    else state.askClusters(null);
  });

  return {
    copy: async (what) => {
      const state = store.getState();
      const data = state.askedClusters?.data;
      if (!data) return;
      try {
        await navigator.clipboard.writeText(clustersJson(data, currentItem(state)?.name ?? ''));
        state.notify({ kind: 'copied', what });
      } catch (thrown) {
        state.notify({ kind: 'fault', error: toAppError(thrown, 'clipboard') });
      }
    },
  };
}
