/**
 * RT-DETR's query selection (arXiv 2304.08069, section 4.3): the Q memory tokens whose best class scores highest become queries.
 *
 * B batch, N memory tokens, Q queries, D width, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, linear, mlp } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import type { Memory, Selection } from '../detector';
import { borderedAnchors } from '../hybrid-encoder/anchors';
import { ByShape } from '../hybrid-encoder/by-shape';
import { selectTop } from '../select-top';
import { layersOf, SELECT_BOX, SELECT_CLASS, SELECT_OUTPUT } from './parameters';

export interface AnchorTensors extends Record<string, tf.Tensor> {
  /** [N,4] logits of cxcywh. */
  logits: tf.Tensor2D;
  /** [1,N,1] 1 where a token has an anchor, else 0. */
  valid: tf.Tensor3D;
}

/** Every anchor of a memory, made once for each of its shapes. */
export const anchorsByShape = (): ByShape<AnchorTensors> =>
  new ByShape((shapes) => {
    const { logits, valid } = borderedAnchors(shapes);
    return { logits: tf.tensor(logits, [valid.length, 4]), valid: tf.tensor(valid, [1, valid.length, 1]) };
  });

/** A model that selects queries by these names (D-FINE does too), and the memory that it reads. */
export interface SelectionRun {
  p: Parameters;
  c: { readonly queries: number };
  memory: Memory;
}

/** @param dense also predict boxes of every token */
export function selectQueries(
  { p, c, memory: { tokens } }: SelectionRun,
  { logits: anchors, valid }: AnchorTensors,
  dense: boolean,
): Required<Selection> {
  const placed: tf.Tensor3D = tf.mul(tokens, valid);
  const output = layerNorm(p, `${SELECT_OUTPUT}.1`, linear(p, `${SELECT_OUTPUT}.0`, placed));
  const logits = linear(p, SELECT_CLASS, output);
  const moves = (x: tf.Tensor3D): tf.Tensor3D => mlp(p, layersOf(SELECT_BOX, 3), x, 'relu');
  return selectTop({ tokens: output, logits, anchors, moves }, c.queries, dense);
}
