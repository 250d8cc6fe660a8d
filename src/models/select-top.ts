/**
 * Query selection as RT-DETR has it (arXiv 2304.08069, section 4.3): the Q tokens whose best class scores highest become queries,
 * each with a box around its anchor.
 *
 * B batch, N tokens, Q queries, D width, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { gatherTokens } from '../kernels/gather-tokens/op';
import { topK } from '../kernels/top-k/op';
import type { Selection } from './detector';

export interface Candidates {
  /** [B,N,D] what becomes queries. */
  tokens: tf.Tensor3D;
  /** [B,N,C] before the sigmoid. */
  logits: tf.Tensor3D;
  /** [N,4] logits of cxcywh. */
  anchors: tf.Tensor2D;
  /** Of tokens, what moves their anchors: the box head. */
  moves: (tokens: tf.Tensor3D) => tf.Tensor3D;
}

/** @param queries Q, at most N @param dense also predict boxes of every token */
export function selectTop(
  { tokens, logits, anchors, moves }: Candidates,
  queries: number,
  dense: boolean,
): Required<Selection> {
  const topk = topK(logits, queries);
  const hidden = gatherTokens(tokens, topk);
  const boxesOf = (x: tf.Tensor3D, anchor: tf.Tensor): tf.Tensor3D =>
    tf.sigmoid(tf.add(moves(x), anchor) as tf.Tensor3D);
  const chosen = { layer: 'select' as const, hidden, logits: gatherTokens(logits, topk) };
  if (dense) {
    const boxes = boxesOf(tokens, tf.expandDims(anchors, 0));
    const answer = { ...chosen, boxes: gatherTokens(boxes, topk) };
    return { first: answer, answer, topk, extras: { 'select.logits': logits, 'select.boxes': boxes } };
  }
  const [batch] = topk.shape;
  const own = tf.reshape(tf.gather(anchors, tf.reshape(topk, [batch * queries])), [batch, queries, 4]);
  const answer = { ...chosen, boxes: boxesOf(hidden, own) };
  return { first: answer, answer, topk, extras: {} };
}
