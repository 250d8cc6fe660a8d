/** Slice: clusters in the place of the encoder's attention, and how far the current image's answer is from the exact one. */
import type { StateCreator } from 'zustand/vanilla';
import { CLUSTER_DEFAULTS, sameSettings, type ClusterComparison, type ClusterSettings } from '../lib/clusters';
import type { AppError } from '../lib/errors';
import type { ImageDetections } from '../lib/types';

/** `result` is what the clusters answered, so that a new result is a new question. */
export interface ClusterQuestion {
  image: string;
  result: ImageDetections;
}

export interface AskedClusters extends ClusterQuestion {
  job: string;
  /** Neither of them: it is under way. */
  data?: ClusterComparison;
  error?: AppError;
}

export interface ClustersSlice {
  /** A page begins with the exact encoder. */
  clustersOn: boolean;
  clusterSettings: ClusterSettings;
  /** Whether the panel with the comparison is open. */
  clustersShown: boolean;
  askedClusters: AskedClusters | null;
  /** Which encoder layer's clusters are drawn, from 0. */
  clusterLayer: number;
  setClustersOn(on: boolean): void;
  setClusterSettings(change: Partial<ClusterSettings>): void;
  setClustersShown(shown: boolean): void;
  /** Forgets the question before; null asks nothing. */
  askClusters(question: (ClusterQuestion & { job: string }) | null): void;
  /** Ends job `job`; one that nobody waits for any more changes nothing. */
  answerClusters(job: string, answer: { data: ClusterComparison } | { error: AppError }): void;
  setClusterLayer(layer: number): void;
}

export const createClustersSlice: StateCreator<ClustersSlice, [], [], ClustersSlice> = (set) => ({
  clustersOn: false,
  clusterSettings: CLUSTER_DEFAULTS,
  clustersShown: false,
  askedClusters: null,
  clusterLayer: 0,
  setClustersOn: (clustersOn) => set({ clustersOn }),
  setClusterSettings: (change) =>
    set(({ clusterSettings }) => {
      const next = { ...clusterSettings, ...change };
      return sameSettings(next, clusterSettings) ? {} : { clusterSettings: next };
    }),
  setClustersShown: (clustersShown) => set({ clustersShown }),
  askClusters: (askedClusters) => set({ askedClusters }),
  answerClusters: (job, answer) =>
    set(({ askedClusters, clusterLayer }) => {
      if (askedClusters?.job !== job) return {};
      const layers = 'data' in answer ? answer.data.layers.length : clusterLayer + 1;
      // A layer of one model need not be there in the next.
      return { askedClusters: { ...askedClusters, ...answer }, clusterLayer: Math.min(clusterLayer, layers - 1) };
    }),
  setClusterLayer: (clusterLayer) => set({ clusterLayer }),
});
