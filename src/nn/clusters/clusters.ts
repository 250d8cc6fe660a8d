/**
 * Clusters of tokens for attention that costs less (ACT, arXiv 2011.09315, section 3.2): a cluster's mean attends in the place
 * of its members, and its answer goes back to them. Whoever has a dense encoder computes its queries from `meansOf`, and
 * spreads what they saw with `backToMembers`. Which tokens belong together is a constant; gradients go through means and
 * answers.
 *
 * B images, N tokens, C clusters (of the image that has most), D width, L rounds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { hashKeys, spreadGroups, sumGroups, type RowGroups } from '../../kernels/clusters/op';
import { linear } from '../../kernels/matmul/op';
import { randomNormal } from '../../kernels/random-normal/op';
import { untraced } from '../../kernels/untraced';
import { between, seededRandom } from '../../lib/random';
import { groupByKeys, type Grouping } from './grouping';
import { checkSettings, type ClusterSettings } from '../../lib/clusters';

export interface Clusters extends RowGroups {
  grouping: Grouping;
  /** [B C,1] 1 / members of each, 0 where there are none. */
  inverse: tf.Tensor2D;
}

/** a / r [D,L] and b / r [L], other ones for every `stream` (the layer). */
export function hashPlanes(
  { rounds, width, seed }: ClusterSettings,
  tokenWidth: number,
  stream: number,
): { weight: tf.Tensor2D; bias: tf.Tensor1D } {
  const random = seededRandom('clusters', seed, stream);
  const normal = randomNormal<tf.Rank.R2>([tokenWidth, rounds], { seed, stream });
  return {
    weight: tf.div(normal, width),
    bias: tf.tensor1d(Float32Array.from({ length: rounds }, () => between(random, 0, 1))),
  };
}

/**
 * Which tokens belong together. Waits for the keys, so that attention may have as few rows as there are clusters: not inside
 * tf.tidy; inside `gradientsOf` it may be.
 * @param tokens [B,N,D]
 * @param stream the layer
 * @param mask [B,N] 0 on padding, which is in no cluster
 * @returns the caller's, for `disposeClusters`
 * @throws DetectorError `internal` for settings out of range
 */
export async function findClusters(
  tokens: tf.Tensor3D,
  settings: ClusterSettings,
  stream: number,
  mask?: ArrayLike<number>,
): Promise<Clusters> {
  checkSettings(settings);
  const [images, count, width] = tokens.shape;
  const keys = tf.tidy(() =>
    untraced(() => {
      const { weight, bias } = hashPlanes(settings, width, stream);
      return hashKeys(linear(tf.reshape(tokens, [images * count, width]), weight, { bias }) as tf.Tensor2D);
    }),
  );
  const grouping = groupByKeys((await keys.data()) as Int32Array, images, mask);
  keys.dispose();
  const { members, starts, owner } = grouping;
  const inverse = Float32Array.from({ length: starts.length - 1 }, (_, group) => {
    const size = starts[group + 1]! - starts[group]!;
    return size === 0 ? 0 : 1 / size;
  });
  return {
    grouping,
    members: tf.tensor1d(members, 'int32'),
    starts: tf.tensor1d(starts, 'int32'),
    owner: tf.tensor1d(owner, 'int32'),
    inverse: tf.tensor2d(inverse, [inverse.length, 1]),
  };
}

export function disposeClusters({ members, starts, owner, inverse }: Clusters): void {
  tf.dispose([members, starts, owner, inverse]);
}

const groupsOf = ({ members, starts, owner }: Clusters): RowGroups => ({ members, starts, owner });

/** Prototypes: tokens [B,N,D] -> means of each cluster's members [B,C,D], zeros for a cluster without. Gradient to the tokens. */
export function meansOf(tokens: tf.Tensor3D, clusters: Clusters): tf.Tensor3D {
  const [images, count, width] = tokens.shape;
  const sums = sumGroups(tf.reshape(tokens, [images * count, width]), groupsOf(clusters));
  return tf.reshape(tf.mul(sums, clusters.inverse), [images, clusters.grouping.most, width]);
}

/** answers [B,C,D] -> each token's cluster's [B,N,D], zeros on padding. Gradient to the answers. */
export function backToMembers(answers: tf.Tensor3D, clusters: Clusters): tf.Tensor3D {
  const [images, count, width] = answers.shape;
  const spread = spreadGroups(tf.reshape(answers, [images * count, width]), groupsOf(clusters));
  return tf.reshape(spread, [images, spread.shape[0] / images, width]);
}
