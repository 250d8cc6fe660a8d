/**
 * DEIMv2's query selection and decoder (arXiv 2509.20787, section 3.3; fine-grained distribution refinement of D-FINE,
 * arXiv 2410.13842, section 4.1).
 *
 * B batch, N memory tokens, Q queries, D width, C classes, n = bins + 1 logits of an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import { edgeDistribution } from '../../kernels/edge-distribution/op';
import { topK } from '../../kernels/top-k/op';
import { attendAroundBoxes } from '../../nn/deformable';
import { gatherTokens, refineBoxes } from '../../nn/geometry';
import { attention, linear, mlp, rmsNorm, swiglu } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type { DecodeOptions, First, LayerTrace, Memory, Selection, Trace } from '../detector';
import { grouped } from '../rows';
import type { DeimV2Config } from './config';
import { three, TOP } from './parameters';

const POSITION_LIMIT = 10;

/**
 * W(n) (D-FINE, eq. 3): offsets of an edge that the bins stand for, 0 in the middle, growing outwards.
 * @param up a, @param scale c; @returns bins + 1 numbers
 */
export function weightingFunction(bins: number, up: number, scale: number): Float32Array {
  const bound = Math.abs(up) * Math.abs(scale);
  const step = (bound + 1) ** (2 / (bins - 2));
  const half = Array.from({ length: bins / 2 - 1 }, (_, i) => step ** (i + 1) - 1);
  return Float32Array.from([-2 * bound, ...half.map((v) => -v).reverse(), 0, ...half, 2 * bound]);
}

/**
 * The initial box moved by four edge offsets (D-FINE, eq. 2): each edge by offset * size / scale.
 * @param box [B,Q,4] cxcywh, @param offsets [B,Q,4] left, top, right, bottom; @returns [B,Q,4] cxcywh
 */
function moveEdges(box: tf.Tensor3D, offsets: tf.Tensor3D, scale: number): tf.Tensor3D {
  const [centre, size] = tf.split(box, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const [near, far] = tf.split(offsets, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const shift = tf.mul(tf.sub(far, near), 0.5 / scale);
  const growth = tf.mul(tf.add(far, near), 1 / scale);
  const moved: tf.Tensor3D[] = [tf.add(centre, tf.mul(shift, size)), tf.add(size, tf.mul(growth, size))];
  return tf.concat(moved, 2);
}

/** Constants of a loaded model. */
export interface DecoderConstants {
  /** [N,4] anchor logits. */
  anchors: tf.Tensor2D;
  /** [bins + 1] */
  weights: tf.Tensor1D;
  regScale: number;
}

/** A model and the memory that it reads. */
export interface DecoderRun {
  p: Parameters;
  c: DeimV2Config;
  constants: DecoderConstants;
  memory: Memory;
}

/** The Q tokens with the highest class score and their boxes. */
export function select({ p, c, constants, memory }: DecoderRun, dense: boolean): Required<Selection> {
  const { tokens } = memory;
  const logits = linear(p, 'decoder.enc_score_head', tokens);
  const topk = topK(logits, c.queries);
  const [batch, queries] = topk.shape;
  const hidden = gatherTokens(tokens, topk);
  const anchors = tf.reshape(tf.gather(constants.anchors, tf.reshape(topk, [batch * queries])), [batch, queries, 4]);
  const boxesOf = (x: tf.Tensor3D, anchor: tf.Tensor): tf.Tensor3D =>
    tf.sigmoid(tf.add(mlp(p, three('decoder.enc_bbox_head'), x, 'silu'), anchor) as tf.Tensor3D);
  const answer: LayerTrace = {
    layer: 'select',
    hidden,
    logits: gatherTokens(logits, topk),
    boxes: boxesOf(hidden, anchors),
  };
  const extras = dense
    ? { 'select.logits': logits, 'select.boxes': boxesOf(tokens, tf.expandDims(constants.anchors, 0)) }
    : {};
  return { first: answer, answer, topk, extras };
}

/** Position embedding [B,Q,D] of the selection's boxes [B,Q,4]; the same in every layer. */
export function positionOf({ p }: DecoderRun, boxes: tf.Tensor3D): tf.Tensor3D {
  return tf.clipByValue(mlp(p, three('decoder.query_pos_head'), boxes, 'silu'), -POSITION_LIMIT, POSITION_LIMIT);
}

/**
 * mu_k: what layer `index` makes of the queries that enter it, without noise [B,Q,D].
 * @param run whose memory is of B images, or of fewer whose rows of queries follow each other (the rollouts of an image)
 * @param boxes [B,Q,4] around which the layer samples
 * @param position [B,Q,D]
 */
export function layerMean(
  { p, c, memory }: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  boxes: tf.Tensor3D,
  position: tf.Tensor3D,
): tf.Tensor3D {
  const name = `decoder.decoder.layers.${index}`;
  const placed = tf.add(queries, position) as tf.Tensor3D;
  const self = `${name}.self_attn`;
  const [q, k, v] = [
    linear(p, `${self}.query`, placed),
    linear(p, `${self}.key`, placed),
    linear(p, `${self}.value`, queries),
  ];
  const seen = linear(p, `${self}.out_proj`, attention(q, k, v, c.heads));
  const first = rmsNorm(p, `${name}.norm1.scale`, queries, seen);
  const names = { offsets: `${name}.cross_attn.sampling_offsets`, weights: `${name}.cross_attn.attention_weights` };
  const sampling = { heads: c.heads, points: c.points, shapes: memory.shapes };
  const images = memory.tokens.shape[0];
  const [asking, around] = [grouped(tf.add(first, position), images), grouped(boxes, images)];
  const sampled = tf.reshape(
    attendAroundBoxes(p, names, asking, around, memory.tokens, sampling),
    queries.shape,
  ) as tf.Tensor3D;
  const second = rmsNorm(p, `${name}.norm2.scale`, first, sampled);
  return rmsNorm(p, `${name}.norm3.scale`, swiglu(p, `${name}.swish_ffn.w12`, `${name}.swish_ffn.w3`, second, second));
}

/** The boxes [B,Q,4] that all layers move: the selection's, refined by what left the first layer. */
export function initialBoxes({ p }: DecoderRun, boxes: tf.Tensor3D, queries: tf.Tensor3D): tf.Tensor3D {
  return refineBoxes(boxes, mlp(p, three('decoder.pre_bbox_head'), queries, 'silu'));
}

/**
 * Logits of the edges [B,Q,4n] after layer `index`: its own added to those before.
 * @param before queries and corners that left the layer before, where there is one
 */
export function cornersOf(
  { p, c }: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  before?: { queries: tf.Tensor3D; corners: tf.Tensor3D },
): tf.Tensor3D {
  const head = three(`decoder.dec_bbox_head.${c.sharedBoxHead ? 0 : index}`);
  if (!before) return mlp(p, head, queries, 'silu');
  return tf.add(mlp(p, head, tf.add(queries, before.queries) as tf.Tensor3D, 'silu'), before.corners);
}

/** Scores and boxes of a layer from the distribution of each edge. @param corners [B,Q,4n] @param initial [B,Q,4] */
export function predict(
  { p, c, constants }: DecoderRun,
  index: number,
  hidden: tf.Tensor3D,
  corners: tf.Tensor3D,
  initial: tf.Tensor3D,
): LayerTrace {
  const [batch, queries] = hidden.shape;
  const edges = edgeDistribution(tf.reshape(corners, [batch, queries, 4, c.bins + 1]), constants.weights, TOP);
  const [offsets, confidence] = tf.split(edges, [1, TOP + 1], 3) as [tf.Tensor, tf.Tensor];
  const quality = mlp(
    p,
    [0, 1].map((i) => `decoder.decoder.lqe_layers.${index}.reg_conf.layers.${i}`),
    tf.reshape(confidence, [batch, queries, 4 * (TOP + 1)]) as tf.Tensor3D,
    'silu',
  );
  return {
    layer: index + 1,
    hidden,
    logits: tf.add(linear(p, `decoder.dec_score_head.${index}`, hidden), quality) as tf.Tensor3D,
    boxes: moveEdges(initial, tf.reshape(offsets, [batch, queries, 4]) as tf.Tensor3D, constants.regScale),
  };
}

/**
 * Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k. No gradient goes to what it starts from.
 * 'pre.logits' and 'pre.boxes' in extras have a set loss of their own in the authors' training.
 * @param run whose memory is of as many images as there are rows of queries, or of fewer whose rows follow each other
 */
export function decodeFrom(
  run: DecoderRun,
  first: First,
): Pick<Trace, 'layers' | 'extras'> {
  const layers: LayerTrace[] = [];
  const extras: Trace['extras'] = {};
  let boxes = stopGradient(first.boxes);
  let queries = stopGradient(first.hidden);
  const position = positionOf(run, boxes);
  let initial = boxes;
  let before: { queries: tf.Tensor3D; corners: tf.Tensor3D } | undefined;
  for (let index = 0; index < run.c.layers; index++) {
    queries = layerMean(run, index, queries, boxes, position);
    if (index === 0) {
      const pre = initialBoxes(run, boxes, queries);
      extras['pre.boxes'] = pre;
      extras['pre.logits'] = linear(run.p, 'decoder.dec_score_head.0', queries);
      initial = stopGradient(pre);
    }
    const corners = cornersOf(run, index, queries, before);
    const predicted = predict(run, index, queries, corners, initial);
    layers.push(predicted);
    extras[`layer.${index}.corners`] = corners;
    boxes = stopGradient(predicted.boxes);
    before = { queries: stopGradient(queries), corners };
  }
  return { layers, extras };
}

/** The whole episode without noise. */
export function decode(run: DecoderRun, { dense = false }: DecodeOptions): Trace {
  const { first, answer, topk, extras } = select(run, dense);
  const rest = decodeFrom(run, first);
  const all = { ...extras, ...rest.extras };
  return { memory: run.memory, topk, first, layers: [answer, ...rest.layers], extras: all };
}
