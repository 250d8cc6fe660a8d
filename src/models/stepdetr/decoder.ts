/**
 * StepDETR's query selection and decoder (../shared/reference/stepdetr.py: StepDETR.forward).
 *
 * B batch, N memory tokens, Q queries, D width, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { lookAroundBoxes, type Unprojected } from '../../nn/deformable';
import { refineBoxes } from '../../nn/geometry';
import { attend, linear, mlp, rmsNorm, swiglu } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import { meet, type Company } from '../company';
import { decoderPart } from '../decoder-part';
import type { DecodeOptions, First, LayerTrace, LayerViews, Memory, Selection, Trace } from '../detector';
import { grouped } from '../rows';
import { selectTop } from '../select-top';
import type { StepDetrConfig } from './config';

const three = (name: string): string[] => [`${name}.0`, `${name}.2`, `${name}.4`];

/** State of an episode's step: the queries [B,Q,D] and boxes [B,Q,4] that enter a layer. */
export interface State {
  queries: tf.Tensor3D;
  boxes: tf.Tensor3D;
}

interface LayerOutput {
  /** mu_k [B,Q,D] */
  hidden: tf.Tensor3D;
  views: LayerViews;
}

/**
 * What layer `index` makes of the state, without noise.
 * @param memory of B images, or of fewer whose rows of the state follow each other (the rollouts of an image): queries meet
 *   the memory one by one, so that its projection is computed once for all of them
 * @param company who else there is, and whose outcome is wanted; by default all of the state's queries, among themselves
 * @param wanted whether to give `views` too; only where there is a row for each image
 */
function runLayer(
  p: Parameters,
  c: StepDetrConfig,
  index: number,
  state: State,
  memory: Memory,
  company: Company,
  wanted: boolean,
): LayerOutput {
  const name = `layers.${index}`;
  const part = decoderPart(index);
  const { own, position, self, first } = scoped(`${part}/self attention`, () => {
    const { own, position, placed, keys, values } = meet(state, company, {
      position: (boxes) => mlp(p, three('position'), boxes, 'silu'),
      key: (placed) => linear(p, `${name}.key`, placed),
      value: (queries) => linear(p, `${name}.value`, queries),
    });
    const self = attend(linear(p, `${name}.query`, placed), keys, values, c.heads, { weights: wanted });
    const seen = linear(p, `${name}.out`, self.mixed);
    return { own, position, self, first: rmsNorm(p, `${name}.self_norm.weight`, own.queries, seen) };
  });
  const names = { offsets: `${name}.cross.offsets`, weights: `${name}.cross.weights` };
  const sampling = { heads: c.heads, points: c.points, shapes: memory.shapes };
  const images = memory.tokens.shape[0];
  const { looked, second } = scoped(`${part}/cross attention`, () => {
    const [asking, around] = [grouped(tf.add(first, position), images), grouped(own.boxes, images)];
    const value = memory.values?.[index] ?? readBy(p, index, memory, company, asking.shape[1] * c.heads);
    const looked = lookAroundBoxes(p, names, asking, around, value, sampling);
    const sampled = tf.reshape(looked.mixed, own.queries.shape) as tf.Tensor3D;
    const second = rmsNorm(p, `${name}.cross_norm.weight`, first, linear(p, `${name}.cross.out`, sampled));
    return { looked, second };
  });
  const hidden = scoped(`${part}/ffn`, () => {
    const inner = swiglu(p, `${name}.ffn.gate_up`, `${name}.ffn.down`, second, second);
    return rmsNorm(p, `${name}.ffn_norm.weight`, inner);
  });
  if (!wanted) return { hidden, views: {} };
  return { hidden, views: { places: looked.places(), weights: looked.weights, self: self.weights!, position } };
}

/** mu_k [B,Q,D]; see `runLayer`. */
export function layerMean(
  p: Parameters,
  c: StepDetrConfig,
  index: number,
  state: State,
  memory: Memory,
  company: Company = {},
): tf.Tensor3D {
  return runLayer(p, c, index, state, memory, company, false).hidden;
}

const projection = (index: number): string => `layers.${index}.cross.value`;

/** [B,N,D] the memory as the cross attention of layer `index` reads it. */
function valueOf(p: Parameters, index: number, { tokens }: Memory): tf.Tensor3D {
  return scoped(`${decoderPart(index)}/cross attention`, () => linear(p, projection(index), tokens));
}

/**
 * What the cross attention of layer `index` reads. Where some queries of a company are asked, whose samples are fewer than the tokens, it
 * samples first; else the projection comes first, as in detection, to the last bit.
 * @param samples of an image: queries times heads
 */
function readBy(
  p: Parameters,
  index: number,
  { tokens }: Memory,
  { at, others }: Company,
  samples: number,
): tf.Tensor3D | Unprojected {
  const few = (at ?? others) !== undefined && samples < tokens.shape[1];
  return few ? { tokens, projection: projection(index) } : linear(p, projection(index), tokens);
}

/** Class logits [B,Q,C] and boxes [B,Q,4] of queries that left a layer; `from` are the boxes that entered it. */
export function predict(p: Parameters, queries: tf.Tensor3D, from: tf.Tensor3D): Pick<LayerTrace, 'logits' | 'boxes'> {
  return {
    logits: linear(p, 'class_head', queries),
    boxes: refineBoxes(from, mlp(p, three('box_head'), queries, 'silu')),
  };
}

/** The Q tokens with the highest class score and their boxes. @param anchors [N,4] anchor logits */
export function selectQueries(
  p: Parameters,
  c: StepDetrConfig,
  { tokens }: Memory,
  anchors: tf.Tensor2D,
  dense: boolean,
): Required<Selection> {
  const logits = linear(p, 'select_class', tokens);
  const moves = (x: tf.Tensor3D): tf.Tensor3D => mlp(p, three('select_box'), x, 'silu');
  return selectTop({ tokens, logits, anchors, moves }, c.queries, dense);
}

/**
 * Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k. No gradient goes to what it starts from.
 * @param memory of as many images as there are rows of queries, or of fewer whose rows follow each other
 */
export function decodeFrom(
  p: Parameters,
  c: StepDetrConfig,
  memory: Memory,
  first: First,
  views = false,
): LayerTrace[] {
  const layers: LayerTrace[] = [];
  let state: State = { queries: stopGradient(first.hidden), boxes: stopGradient(first.boxes) };
  for (let index = 0; index < c.decoderLayers; index++) {
    const { hidden, views: seen } = runLayer(p, c, index, state, memory, {}, views);
    const predicted = scoped(`${decoderPart(index)}/heads`, () => predict(p, hidden, state.boxes));
    layers.push({ layer: index + 1, hidden, ...predicted, ...(views ? { views: seen } : {}) });
    state = { queries: hidden, boxes: stopGradient(predicted.boxes) };
  }
  return layers;
}

/** The whole episode without noise. */
export function decode(
  p: Parameters,
  c: StepDetrConfig,
  memory: Memory,
  anchors: tf.Tensor2D,
  { dense = false, views = false }: DecodeOptions,
): Trace {
  const { first, answer, topk, extras } = scoped('select', () => selectQueries(p, c, memory, anchors, dense));
  const values = Array.from({ length: c.decoderLayers }, (_, index) => valueOf(p, index, memory));
  const read = { ...memory, values };
  return { memory: read, topk, first, layers: [answer, ...decodeFrom(p, c, read, first, views)], extras };
}
