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
import type { ParameterRule, Parameters } from '../../nn/parameters';
import { linear as linearRules, plain, splitLinear } from '../../nn/rules';
import { stopGradient } from '../../nn/tape';
import type { DecodeOptions, LayerTrace, Memory, Trace } from '../detector';
import type { DeimV2Config } from './config';

/** Highest probabilities of an edge that the quality estimate reads, and its hidden width. */
const TOP = 4;
const QUALITY_WIDTH = 64;
const POSITION_LIMIT = 10;

const three = (name: string): string[] => [0, 1, 2].map((i) => `${name}.layers.${i}`);

function mlpRules(
  group: 'decoder' | 'heads',
  name: string,
  input: number,
  hidden: number,
  output: number,
): ParameterRule[] {
  const [a, b, c] = three(name) as [string, string, string];
  return [
    ...linearRules(group, a, input, hidden),
    ...linearRules(group, b, hidden, hidden),
    ...linearRules(group, c, hidden, output),
  ];
}

function layerRules(c: DeimV2Config, index: number): ParameterRule[] {
  const name = `decoder.decoder.layers.${index}`;
  const samples = c.heads * c.points.reduce((sum, count) => sum + count, 0);
  const inProj = { weight: `${name}.self_attn.in_proj_weight`, bias: `${name}.self_attn.in_proj_bias` };
  return [
    ...splitLinear('decoder', `${name}.self_attn`, inProj, ['query', 'key', 'value'], c.width, c.width),
    ...linearRules('decoder', `${name}.self_attn.out_proj`, c.width, c.width),
    ...linearRules('decoder', `${name}.cross_attn.sampling_offsets`, c.width, samples * 2),
    ...linearRules('decoder', `${name}.cross_attn.attention_weights`, c.width, samples),
    ...['norm1', 'norm2', 'norm3'].map((norm) => plain('decoder', `${name}.${norm}.scale`, [c.width])),
    ...linearRules('decoder', `${name}.swish_ffn.w12`, c.width, 2 * c.hidden),
    ...linearRules('decoder', `${name}.swish_ffn.w3`, c.hidden, c.width),
  ];
}

function headRules(c: DeimV2Config, index: number): ParameterRule[] {
  const quality = `decoder.decoder.lqe_layers.${index}.reg_conf.layers`;
  return [
    ...linearRules('heads', `decoder.dec_score_head.${index}`, c.width, c.classes),
    ...linearRules('heads', `${quality}.0`, 4 * (TOP + 1), QUALITY_WIDTH),
    ...linearRules('heads', `${quality}.1`, QUALITY_WIDTH, 1),
    ...(index === 0 || !c.sharedBoxHead
      ? mlpRules('heads', `decoder.dec_bbox_head.${index}`, c.width, c.width, 4 * (c.bins + 1))
      : []),
  ];
}

export function decoderRules(c: DeimV2Config): ParameterRule[] {
  const each = Array.from({ length: c.layers }, (_, index) => [...layerRules(c, index), ...headRules(c, index)]);
  return [
    ...each.flat(),
    plain('heads', 'decoder.decoder.up', [1]),
    plain('heads', 'decoder.decoder.reg_scale', [1]),
    ...linearRules('heads', 'decoder.enc_score_head', c.width, c.classes),
    ...mlpRules('heads', 'decoder.enc_bbox_head', c.width, c.width, 4),
    ...mlpRules('heads', 'decoder.pre_bbox_head', c.width, c.width, 4),
    ...mlpRules('decoder', 'decoder.query_pos_head', 4, c.width, c.width),
  ];
}

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

interface Episode {
  p: Parameters;
  c: DeimV2Config;
  constants: DecoderConstants;
  memory: Memory;
}

function select(
  { p, c, constants, memory }: Episode,
  dense: boolean,
): { first: LayerTrace; topk: tf.Tensor2D; extras: Record<string, tf.Tensor> } {
  const { tokens } = memory;
  const logits = linear(p, 'decoder.enc_score_head', tokens);
  const topk = topK(logits, c.queries);
  const [batch, queries] = topk.shape;
  const hidden = gatherTokens(tokens, topk);
  const anchors = tf.reshape(tf.gather(constants.anchors, tf.reshape(topk, [batch * queries])), [batch, queries, 4]);
  const boxesOf = (x: tf.Tensor3D, anchor: tf.Tensor): tf.Tensor3D =>
    tf.sigmoid(tf.add(mlp(p, three('decoder.enc_bbox_head'), x, 'silu'), anchor) as tf.Tensor3D);
  const first: LayerTrace = {
    layer: 'select',
    hidden,
    logits: gatherTokens(logits, topk),
    boxes: boxesOf(hidden, anchors),
  };
  const extras = dense
    ? { 'select.logits': logits, 'select.boxes': boxesOf(tokens, tf.expandDims(constants.anchors, 0)) }
    : {};
  return { first, topk, extras };
}

/** What layer `index` makes of the queries that enter it, without noise [B,Q,D]. `position` [B,Q,D] and `boxes` are the first ones in every layer but for sampling. */
export function layerMean(
  { p, c, memory }: Episode,
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
  const sampled = attendAroundBoxes(p, names, tf.add(first, position), boxes, memory.tokens, sampling);
  const second = rmsNorm(p, `${name}.norm2.scale`, first, sampled);
  return rmsNorm(p, `${name}.norm3.scale`, swiglu(p, `${name}.swish_ffn.w12`, `${name}.swish_ffn.w3`, second, second));
}

/** Scores and boxes of a layer from the distribution of each edge. @param corners [B,Q,4n] @param initial [B,Q,4] */
function predict(
  { p, c, constants }: Episode,
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

export function decode(episode: Episode, { dense = false }: DecodeOptions): Trace {
  const { p, c, memory } = episode;
  const { first, topk, extras } = select(episode, dense);
  const layers: LayerTrace[] = [first];
  let boxes = stopGradient(first.boxes);
  let queries = stopGradient(first.hidden);
  const position = tf.clipByValue(
    mlp(p, three('decoder.query_pos_head'), boxes, 'silu'),
    -POSITION_LIMIT,
    POSITION_LIMIT,
  );
  let initial = boxes;
  let before: tf.Tensor3D | undefined;
  let corners: tf.Tensor3D | undefined;
  for (let index = 0; index < c.layers; index++) {
    queries = layerMean(episode, index, queries, boxes, position);
    if (index === 0) {
      const pre = refineBoxes(boxes, mlp(p, three('decoder.pre_bbox_head'), queries, 'silu'));
      extras['pre.boxes'] = pre;
      extras['pre.logits'] = linear(p, 'decoder.dec_score_head.0', queries);
      initial = stopGradient(pre);
    }
    const head = `decoder.dec_bbox_head.${c.sharedBoxHead ? 0 : index}`;
    const moved = mlp(p, three(head), before ? (tf.add(queries, before) as tf.Tensor3D) : queries, 'silu');
    corners = corners ? (tf.add(moved, corners) as tf.Tensor3D) : moved;
    const predicted = predict(episode, index, queries, corners, initial);
    layers.push(predicted);
    extras[`layer.${index}.corners`] = corners;
    boxes = stopGradient(predicted.boxes);
    before = stopGradient(queries);
  }
  return { memory, topk, layers, extras };
}
