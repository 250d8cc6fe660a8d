/**
 * DETR's transformer encoder over the cells of the backbone's last map (arXiv 2005.12872, section 3.2).
 *
 * B batch, N cells, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { chain } from '../../nn/chain';
import type { Parameters } from '../../nn/parameters';
import { feedForward, look, project, settle } from '../post-norm';
import type { DetrConfig } from './config';
import { encoderLayerName } from './parameters';

/** What every layer reads beside its tokens. */
export interface EncoderRun {
  p: Parameters;
  c: DetrConfig;
  /** [B,N,D] or [1,N,D] */
  positions: tf.Tensor3D;
  /** [B,N] 1 on the image, 0 on padding. */
  mask: tf.Tensor2D | undefined;
}

/** The layer behind its attention's answer `seen` [B,N,D]. */
export function behindAttention(p: Parameters, index: number, tokens: tf.Tensor3D, seen: tf.Tensor3D): tf.Tensor3D {
  const name = encoderLayerName(index);
  return feedForward(p, name, 'relu', settle(p, `${name}.self_attn`, tokens, seen));
}

/** tokens [B,N,D] through all layers. */
export function runEncoder({ p, c, positions, mask }: EncoderRun, tokens: tf.Tensor3D): tf.Tensor3D {
  const layer = (x: tf.Tensor3D, index: number): tf.Tensor3D => {
    const name = `${encoderLayerName(index)}.self_attn`;
    const placed = tf.add(x, positions) as tf.Tensor3D;
    const { seen } = look(p, name, placed, project(p, name, placed, x), c.encoder.heads, { keyMask: mask });
    return behindAttention(p, index, x, seen);
  };
  const layers = Array.from(
    { length: c.encoder.layers },
    (_, index) => (x: tf.Tensor3D) => scoped(`layer ${index + 1}`, () => layer(x, index)),
  );
  return chain(tokens, layers);
}
