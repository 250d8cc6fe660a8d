/** A comparison of clusters with exact attention as text for other programs. */
import type { ClusterComparison } from './clusters';

/** @param image its name @returns JSON; a layer's `cluster_of` is row by row */
export function clustersJson(comparison: ClusterComparison, image: string): string {
  const { model, settings, layers, memory, logits, boxes, compared, queries, ms } = comparison;
  return JSON.stringify(
    {
      image,
      model,
      settings: { rounds: settings.rounds, bucket_width: settings.width, seed: settings.seed },
      layers: layers.map(({ prototypes, tokens, flops, shape, of }, index) => ({
        layer: index + 1,
        prototypes,
        tokens,
        flops,
        rows: shape[0],
        columns: shape[1],
        cluster_of: Array.from(of),
      })),
      difference: { memory, logits, boxes, compared_queries: compared, queries },
      ms,
    },
    null,
    1,
  );
}
