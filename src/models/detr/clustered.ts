/**
 * DETR's encoder with clusters in the place of its attention's queries (ACT, arXiv 2011.09315): the same weights, fewer rows.
 * Tokens are clustered anew in every layer, as they stand there with their positions.
 *
 * B images, N cells, C clusters, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { backToMembers, disposeClusters, findClusters, meansOf, type Clusters } from '../../nn/clusters/clusters';
import { layerClusters, type LayerClusters } from '../../nn/clusters/cost';
import type { ClusterSettings } from '../../lib/clusters';
import { look, project } from '../post-norm';
import { behindAttention, type EncoderRun } from './encoder';
import { encoderLayerName } from './parameters';

interface Layer {
  /** [B,N,D] */
  tokens: tf.Tensor3D;
  /** The same with their positions. */
  placed: tf.Tensor3D;
  clusters: Clusters;
}

/** One layer over given clusters. The output's projection is linear, so that the clusters' answers suffice it. */
function runLayer({ p, c, mask }: EncoderRun, index: number, { tokens, placed, clusters }: Layer): tf.Tensor3D {
  const name = `${encoderLayerName(index)}.self_attn`;
  const sources = project(p, name, placed, tokens);
  const { seen } = look(p, name, meansOf(placed, clusters), sources, c.encoder.heads, { keyMask: mask });
  return behindAttention(p, index, tokens, backToMembers(seen, clusters));
}

/**
 * As runEncoder, with clusters; those of a layer are found before it runs. Not inside tf.tidy; inside `gradientsOf` it may be.
 * @param tokens [B,N,D], which stay the caller's
 * @param onImage [B,N] 0 on padding: the run's mask, read back
 * @returns [B,N,D], the caller's, and what each layer came to
 */
export async function runClusteredEncoder(
  run: EncoderRun,
  tokens: tf.Tensor3D,
  settings: ClusterSettings,
  onImage: ArrayLike<number> | undefined,
): Promise<{ tokens: tf.Tensor3D; layers: LayerClusters[] }> {
  const layers: LayerClusters[] = [];
  let x = tokens;
  for (let index = 0; index < run.c.encoder.layers; index++) {
    const placed: tf.Tensor3D = tf.add(x, run.positions);
    const clusters = await findClusters(placed, settings, index, onImage);
    const current = x;
    x = tf.tidy(() => runLayer(run, index, { tokens: current, placed, clusters }));
    layers.push(layerClusters(clusters.grouping, { width: run.c.width, rounds: settings.rounds }));
    placed.dispose();
    disposeClusters(clusters);
    if (current !== tokens) current.dispose();
  }
  return { tokens: x, layers };
}
