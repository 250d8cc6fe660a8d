/**
 * What attention costs with and without clusters, counted in floating-point operations (a multiplication and its addition are
 * two; softmax, norms and biases are left out, as is usual).
 *
 * N tokens, C clusters, D width, L rounds.
 */
import type { Grouping } from './grouping';

export interface AttentionSize {
  /** N */
  tokens: number;
  /** C */
  clusters: number;
  /** D */
  width: number;
  /** L */
  rounds: number;
}

/** Four projections of every token, scores and mixing of every pair. */
export function exactFlops({ tokens: n, width: d }: Pick<AttentionSize, 'tokens' | 'width'>): number {
  return 2 * (4 * n * d * d + 2 * n * n * d);
}

/**
 * Keys and values of every token, queries and outputs of every cluster, scores and mixing of every cluster with every token;
 * and finding the clusters: the hash of every token and the sums over the members.
 */
export function clusteredFlops({ tokens: n, clusters: c, width: d, rounds }: AttentionSize): number {
  return 2 * (2 * n * d * d + 2 * c * d * d + 2 * c * n * d + n * d * rounds) + n * d;
}

/** One layer of one image. */
export interface ImageClusters {
  /** N without padding. */
  tokens: number;
  /** C */
  clusters: number;
  /** [N] each token's cluster, padding included: -1. For a picture. */
  of: Int32Array<ArrayBuffer>;
}

/** What one layer's attention came to. */
export interface LayerClusters {
  images: ImageClusters[];
  /** Over all images. */
  flops: { exact: number; clustered: number };
}

export function layerClusters(
  { of, counts }: Pick<Grouping, 'of' | 'counts'>,
  { width, rounds }: Pick<AttentionSize, 'width' | 'rounds'>,
): LayerClusters {
  const cells = of.length / counts.length;
  const images = counts.map((clusters, image) => {
    const own = of.slice(image * cells, (image + 1) * cells);
    return { tokens: own.filter((cluster) => cluster >= 0).length, clusters, of: own };
  });
  const total = (flops: (image: ImageClusters) => number): number => images.reduce((sum, one) => sum + flops(one), 0);
  return {
    images,
    flops: {
      exact: total(({ tokens }) => exactFlops({ tokens, width })),
      clustered: total(({ tokens, clusters }) => clusteredFlops({ tokens, clusters, width, rounds })),
    },
  };
}
