/**
 * DEIMv2's query selection and decoder (arXiv 2509.20787, section 3.3; fine-grained distribution refinement of D-FINE,
 * arXiv 2410.13842, section 4.1).
 *
 * B batch, N memory tokens, Q queries, R rows of E queries of which A are asked for, D width, C classes, n = bins + 1 logits of an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { lookAroundBoxes } from '../../nn/deformable';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { refineBoxes } from '../../nn/geometry';
import { attend, linear, mlp, rmsNorm, swiglu } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import { meet, type Company, type QueryState } from '../company';
import { decoderPart } from '../decoder-part';
import type { DecodeOptions, First, LayerTrace, LayerViews, Memory, Selection, Trace } from '../detector';
import { edgeOffsets, edgeProbabilities, readEdges } from '../fine-edges/edges';
import { grouped } from '../rows';
import { selectTop } from '../select-top';
import type { DeimV2Config } from './config';
import { three, TOP } from './parameters';

const POSITION_LIMIT = 10;

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
  const moves = (x: tf.Tensor3D): tf.Tensor3D => mlp(p, three('decoder.enc_bbox_head'), x, 'silu');
  return selectTop({ tokens, logits, anchors: constants.anchors, moves }, c.queries, dense);
}

/** Position embedding [B,Q,D] of the selection's boxes [B,Q,4]; the same in every layer. */
export function positionOf({ p }: DecoderRun, boxes: tf.Tensor3D): tf.Tensor3D {
  return tf.clipByValue(mlp(p, three('decoder.query_pos_head'), boxes, 'silu'), -POSITION_LIMIT, POSITION_LIMIT);
}

/** What enters a layer. */
export interface DecoderState extends QueryState {
  /** [R,E,4] the selection's boxes: a query's position in every layer. */
  selected: tf.Tensor3D;
}

interface LayerOutput {
  /** mu_k [R,A,D] */
  mean: tf.Tensor3D;
  views: LayerViews;
}

/** Who meets in a layer: boxes of the company's others are the selection's, too. */
interface Gathering {
  state: DecoderState;
  company: Company;
  /** The selection's boxes [.,.,4] -> [.,.,D]. */
  position(boxes: tf.Tensor3D): tf.Tensor3D;
}

/**
 * What layer `index` makes of the queries that enter it, or of those that the company asks for, without noise.
 * @param run whose memory is of B images, or of fewer whose rows of queries follow each other (the rollouts of an image)
 * @param wanted whether to give `views` too; only where there is a row for each image
 */
function runLayer(
  { p, c, memory }: DecoderRun,
  index: number,
  { state, company, position: positionOf }: Gathering,
  wanted: boolean,
): LayerOutput {
  const name = `decoder.decoder.layers.${index}`;
  const part = decoderPart(index);
  const { self, first, position } = scoped(`${part}/self attention`, () => {
    const own = `${name}.self_attn`;
    const placedBySelection = { queries: state.queries, boxes: state.selected };
    const met = meet(placedBySelection, company, {
      position: positionOf,
      key: (placed) => linear(p, `${own}.key`, placed),
      value: (queries) => linear(p, `${own}.value`, queries),
    });
    const self = attend(linear(p, `${own}.query`, met.placed), met.keys, met.values, c.heads, { weights: wanted });
    const seen = linear(p, `${own}.out_proj`, self.mixed);
    return { self, position: met.position, first: rmsNorm(p, `${name}.norm1.scale`, met.own.queries, seen) };
  });
  const names = { offsets: `${name}.cross_attn.sampling_offsets`, weights: `${name}.cross_attn.attention_weights` };
  const sampling = { heads: c.heads, points: c.points, shapes: memory.shapes };
  const images = memory.tokens.shape[0];
  const { looked, second } = scoped(`${part}/cross attention`, () => {
    const boxes = company.at ? gatherTokens(state.boxes, company.at) : state.boxes;
    const [asking, around] = [grouped(tf.add(first, position), images), grouped(boxes, images)];
    const looked = lookAroundBoxes(p, names, asking, around, memory.tokens, sampling);
    const sampled = tf.reshape(looked.mixed, first.shape) as tf.Tensor3D;
    return { looked, second: rmsNorm(p, `${name}.norm2.scale`, first, sampled) };
  });
  const mean = scoped(`${part}/ffn`, () => {
    const inner = swiglu(p, `${name}.swish_ffn.w12`, `${name}.swish_ffn.w3`, second, second);
    return rmsNorm(p, `${name}.norm3.scale`, inner);
  });
  if (!wanted) return { mean, views: {} };
  return { mean, views: { places: looked.places(), weights: looked.weights, self: self.weights!, position } };
}

/** mu_k [R,Q,D], or [R,A,D] where the company asks for some queries; see `runLayer`. */
export function layerMean(run: DecoderRun, index: number, state: DecoderState, company: Company = {}): tf.Tensor3D {
  return runLayer(run, index, { state, company, position: (boxes) => positionOf(run, boxes) }, false).mean;
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
  { p, constants }: DecoderRun,
  index: number,
  hidden: tf.Tensor3D,
  corners: tf.Tensor3D,
  initial: tf.Tensor3D,
): LayerTrace {
  const { weights, regScale } = constants;
  const { boxes, confidence } = readEdges(corners, initial, { weights, scale: regScale }, TOP);
  const quality = mlp(
    p,
    [0, 1].map((i) => `decoder.decoder.lqe_layers.${index}.reg_conf.layers.${i}`),
    confidence,
    'silu',
  );
  const logits = tf.add(linear(p, `decoder.dec_score_head.${index}`, hidden), quality) as tf.Tensor3D;
  return { layer: index + 1, hidden, logits, boxes };
}

/**
 * Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k. No gradient goes to what it starts from.
 * 'pre.logits' and 'pre.boxes' in extras have a set loss of their own in the authors' training.
 * @param run whose memory is of as many images as there are rows of queries, or of fewer whose rows follow each other
 */
export function decodeFrom(run: DecoderRun, first: First, views = false): Pick<Trace, 'layers' | 'extras'> {
  const layers: LayerTrace[] = [];
  const extras: Trace['extras'] = {};
  let boxes = stopGradient(first.boxes);
  let queries = stopGradient(first.hidden);
  const selected = boxes;
  const position = scoped('decoder/positions', () => positionOf(run, selected));
  const scale = { weights: run.constants.weights, scale: run.constants.regScale };
  let initial = boxes;
  let before: { queries: tf.Tensor3D; corners: tf.Tensor3D } | undefined;
  for (let index = 0; index < run.c.layers; index++) {
    const state = { queries, boxes, selected };
    // The same in every layer, and so computed once.
    const { mean, views: seen } = runLayer(run, index, { state, company: {}, position: () => position }, views);
    queries = mean;
    const heads = `${decoderPart(index)}/heads`;
    if (index === 0) {
      const pre = scoped(heads, () => initialBoxes(run, boxes, mean));
      extras['pre.boxes'] = pre;
      extras['pre.logits'] = scoped(heads, () => linear(run.p, 'decoder.dec_score_head.0', mean));
      initial = stopGradient(pre);
    }
    const corners = scoped(heads, () => cornersOf(run, index, mean, before));
    const predicted = scoped(heads, () => predict(run, index, mean, corners, initial));
    layers.push(
      views
        ? {
            ...predicted,
            views: { ...seen, edges: edgeProbabilities(corners, run.c.bins), offsets: edgeOffsets(scale) },
          }
        : predicted,
    );
    extras[`layer.${index}.corners`] = corners;
    boxes = stopGradient(predicted.boxes);
    before = { queries: stopGradient(queries), corners };
  }
  return { layers, extras };
}

/** The whole episode without noise. */
export function decode(run: DecoderRun, { dense = false, views = false }: DecodeOptions): Trace {
  const { first, answer, topk, extras } = scoped('select', () => select(run, dense));
  const rest = decodeFrom(run, first, views);
  const all = { ...extras, ...rest.extras };
  return { memory: run.memory, topk, first, layers: [answer, ...rest.layers], extras: all };
}
