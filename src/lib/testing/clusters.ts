/** A small comparison of clusters with exact attention for tests. */
import { CLUSTER_DEFAULTS, type ClusterComparison, type ClusterMap } from '../clusters';

/** 2 x 3 cells in three clusters: 0 0 1 over 2 0 1. */
export const clusterMap = (): ClusterMap => ({
  prototypes: 3,
  tokens: 6,
  flops: { exact: 100, clustered: 60 },
  shape: [2, 3],
  of: Int32Array.of(0, 0, 1, 2, 0, 1),
});

export function comparison(): ClusterComparison {
  const difference = { greatest: 0.5, mean: 0.25, relative: 0.125 };
  return {
    model: 'm',
    settings: CLUSTER_DEFAULTS,
    layers: [clusterMap()],
    memory: difference,
    logits: difference,
    boxes: difference,
    compared: 2,
    queries: 2,
    ms: { exact: 30, clustered: 20 },
  };
}
