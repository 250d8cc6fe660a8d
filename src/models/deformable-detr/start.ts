/**
 * What enters the decoder: learned queries with their reference points (arXiv 2010.04159, section 4.1), or the encoder's best
 * proposals (section 4.2 and appendix A.4).
 *
 * B batch, N memory tokens, Q queries, C classes, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { topK } from '../../kernels/top-k/op';
import { untraced } from '../../kernels/untraced';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { layerNorm, linear, mlp } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { sine } from '../../nn/sine';
import type { Memory, Selection } from '../detector';
import type { DeformableDetrConfig } from './config';
import { centresOf, waves } from './levels';
import {
  PROPOSAL,
  PROPOSAL_NORM,
  QUERIES,
  QUERY_OF_BOX,
  QUERY_OF_BOX_NORM,
  REFERENCE_POINTS,
  three,
  type Heads,
} from './parameters';

/** A model and the memory that it reads. */
export interface DecoderRun {
  p: Parameters;
  c: DeformableDetrConfig;
  heads: Heads;
  memory: Memory;
}

/** A proposal of level l is 0.05 * 2^l of the image wide and high. */
const PROPOSAL_SIZE = 0.05;
/** Cells whose centre is nearer to the border propose nothing. */
const MARGIN = 0.01;
/** The logit of 1 in float32: where nothing is proposed. */
const NOWHERE = 1e4;

/** Queries [Q,D] or [B,Q,D] apart: position and content. */
interface Parts {
  position: tf.Tensor3D;
  content: tf.Tensor3D;
}

function learned(p: Parameters): Parts {
  const table = tf.expandDims(p.get<tf.Rank.R2>(`${QUERIES}.weight`), 0);
  const [position, content] = tf.split(table, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  return { position, content };
}

/** Sine embedding of boxes [B,Q,4] of the proposals -> [B,Q,2D]; no gradient. */
function embedded(boxes: tf.Tensor3D, width: number): tf.Tensor3D {
  return untraced(() => {
    const [batch, queries] = boxes.shape;
    const { frequency, phase } = waves(width / 2);
    const places = tf.mul(tf.reshape(boxes, [batch, queries, 4, 1]), 2 * Math.PI);
    const angles = tf.add(tf.mul(places, tf.tensor1d(frequency)), tf.tensor1d(phase));
    return tf.reshape(sine(angles), [batch, queries, 2 * width]);
  });
}

function ofProposals({ p, c }: DecoderRun, boxes: tf.Tensor3D): Parts {
  const both = layerNorm(p, QUERY_OF_BOX_NORM, linear(p, QUERY_OF_BOX, embedded(boxes, c.width)));
  const [position, content] = tf.split(both, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  return { position, content };
}

/** What all layers add to the queries: [B,Q,D], [1,Q,D] where they are learned. @param boxes [B,Q,4] that entered the first layer */
export function positionOf(run: DecoderRun, boxes: tf.Tensor3D): tf.Tensor3D {
  return (run.c.twoStage ? ofProposals(run, boxes) : learned(run.p)).position;
}

/** Where proposals start, [B,N,4] or [1,N,4] logits, and 1 for cells that may propose, else 0: [B,N,1] or [1,N,1]. */
function proposals(memory: Memory): { logits: tf.Tensor3D; valid: tf.Tensor3D } {
  return untraced(() => {
    const centres = centresOf(memory);
    const [batch, cells] = centres.shape;
    const inside = tf.mul(tf.step(tf.sub(centres, MARGIN)), tf.step(tf.sub(1 - MARGIN, centres)));
    const valid: tf.Tensor3D = tf.min(inside, 2, true);
    const logit = (x: tf.Tensor): tf.Tensor => tf.log(tf.div(x, tf.sub(1, x)));
    const sizes = memory.shapes.flatMap(([h, w], level) => Array<number>(h * w).fill(PROPOSAL_SIZE * 2 ** level));
    const size = logit(tf.tile(tf.tensor3d(sizes, [1, cells, 1]), [batch, 1, 2]));
    const all = tf.concat([logit(tf.clipByValue(centres, MARGIN, 1 - MARGIN)), size], 2);
    return { logits: tf.add(tf.mul(all, valid), tf.mul(tf.sub(1, valid), NOWHERE)) as tf.Tensor3D, valid };
  });
}

/**
 * The Q proposals that their first class column finds best: it says "object", the others say nothing (appendix A.4). No loss
 * reaches them through the decoder.
 * @param dense also keep 'proposals.logits' [B,N,C] and 'proposals.boxes' [B,N,4] of all tokens
 */
function propose(run: DecoderRun, dense: boolean): Selection {
  const { p, c, heads, memory } = run;
  const [batch, cells] = memory.tokens.shape;
  const { logits: starts, valid } = proposals(memory);
  const on = memory.mask ? untraced(() => tf.mul(valid, tf.expandDims(memory.mask!, 2))) : valid;
  const objects = layerNorm(p, PROPOSAL_NORM, linear(p, PROPOSAL, tf.mul(memory.tokens, on) as tf.Tensor3D));
  const logits = linear(p, heads.classes.at(-1)!, objects);
  const topk = topK(
    untraced(() => tf.slice(logits, [0, 0, 0], [batch, cells, 1])),
    c.queries,
  );
  const boxesOf = (x: tf.Tensor3D, from: tf.Tensor3D): tf.Tensor3D =>
    tf.sigmoid(tf.add(mlp(p, three(heads.boxes.at(-1)!), x, 'relu'), from) as tf.Tensor3D);
  const boxes = untraced(() => {
    const each = starts.shape[0] === batch ? starts : tf.tile(starts, [batch, 1, 1]);
    return boxesOf(gatherTokens(objects, topk), gatherTokens(each, topk));
  });
  const { content } = ofProposals(run, boxes);
  const extras: Selection['extras'] = dense
    ? { 'proposals.logits': logits, 'proposals.boxes': boxesOf(objects, starts) }
    : {};
  return { first: { hidden: content, boxes }, topk, extras };
}

/** Queries and boxes that enter the first layer; learned ones start from points, boxes of no size. */
export function select(run: DecoderRun, dense: boolean): Selection {
  if (run.c.twoStage) return propose(run, dense);
  const batch = run.memory.tokens.shape[0];
  const { position, content } = learned(run.p);
  const points = tf.sigmoid(linear(run.p, REFERENCE_POINTS, position));
  const boxes = tf.pad3d(points, [
    [0, 0],
    [0, 0],
    [0, 2],
  ]);
  const each = (x: tf.Tensor3D): tf.Tensor3D => (batch === 1 ? x : tf.tile(x, [batch, 1, 1]));
  return { first: { hidden: each(content), boxes: each(boxes) }, extras: {} };
}
