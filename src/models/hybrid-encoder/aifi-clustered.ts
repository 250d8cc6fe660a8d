/**
 * Attention inside one level with clusters in the place of its queries (ACT, arXiv 2011.09315, over RT-DETR's AIFI, arXiv
 * 2304.08069, section 4.2): the same weights, fewer rows. Cells are clustered anew in every layer, as they stand there with
 * their positions.
 *
 * B images, h x w cells, S = h w tokens, C clusters, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../../lib/clusters';
import { backToMembers, disposeClusters, findClusters, meansOf } from '../../nn/clusters/clusters';
import { layerClusters } from '../../nn/clusters/cost';
import type { Parameters } from '../../nn/parameters';
import type { EncoderClusters } from '../detector';
import { aifiLayer, behindLook, lookAt, type AifiConfig } from './aifi';

/** The attention of one level. */
export interface AttendedLevel {
  /** Of its parameters. */
  name: string;
  /** Which level. */
  level: number;
  /** [1,h*w,D] */
  positions: tf.Tensor3D;
}

interface Clustered {
  /** [B,h,w,D] */
  x: tf.Tensor4D;
  layers: EncoderClusters[];
}

/** As runAifi. @param first the number of this level's first layer among all that cluster @returns x is the caller's */
async function runLevel(
  p: Parameters,
  c: AifiConfig,
  x: tf.Tensor4D,
  { name, positions }: AttendedLevel,
  settings: ClusterSettings,
  first: number,
): Promise<Clustered> {
  const [batch, h, w, width] = x.shape;
  const layers: EncoderClusters[] = [];
  let tokens: tf.Tensor3D = tf.reshape(x, [batch, h * w, width]);
  for (let index = 0; index < c.layers; index++) {
    const layer = aifiLayer(name, index);
    const own = { tokens, placed: tf.add(tokens, positions) as tf.Tensor3D };
    const clusters = await findClusters(own.placed, settings, first + index);
    tokens = tf.tidy(() => {
      const seen = lookAt(p, layer, c, meansOf(own.placed, clusters), own);
      return behindLook(p, layer, c, own.tokens, backToMembers(seen, clusters));
    });
    layers.push({ ...layerClusters(clusters.grouping, { width, rounds: settings.rounds }), shape: [h, w] });
    tf.dispose([own.tokens, own.placed]);
    disposeClusters(clusters);
  }
  const attended: tf.Tensor4D = tf.reshape(tokens, x.shape);
  tokens.dispose();
  return { x: attended, layers };
}

/**
 * Attention inside each of the attended levels. Not inside tf.tidy; inside `gradientsOf` it may be.
 * @param levels [B,h,w,D] each; those that are attended in are freed
 * @returns all levels, the caller's, and what each layer's clusters came to
 */
export async function attendClustered(
  p: Parameters,
  c: AifiConfig,
  levels: readonly tf.Tensor4D[],
  attended: readonly AttendedLevel[],
  settings: ClusterSettings,
): Promise<{ levels: tf.Tensor4D[]; layers: EncoderClusters[] }> {
  const [next, layers]: [tf.Tensor4D[], EncoderClusters[]] = [[...levels], []];
  for (const one of attended) {
    const before = next[one.level]!;
    const done = await runLevel(p, c, before, one, settings, layers.length);
    before.dispose();
    next[one.level] = done.x;
    layers.push(...done.layers);
  }
  return { levels: next, layers };
}
