/**
 * Deformable DETR's decoder (arXiv 2010.04159, section 4.1 and, for moving boxes, 4.2).
 *
 * B batch, N memory tokens, Q queries, C classes, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { lookAroundBoxes, lookAtPoints, type Looked } from '../../nn/deformable';
import { refineBoxes, refinePoints } from '../../nn/geometry';
import { linear, mlp } from '../../nn/layers';
import { stopGradient } from '../../nn/tape';
import { decoderPart } from '../decoder-part';
import type { DecodeOptions, First, LayerTrace, LayerViews, Memory, Trace } from '../detector';
import { feedForward, look, project, settle } from '../post-norm';
import { grouped } from '../rows';
import { valuesOf } from './encoder';
import { decoderLayerName, three } from './parameters';
import { positionOf, select, type DecoderRun } from './start';

/** What enters a layer. */
export interface State {
  /** [B,Q,D] */
  queries: tf.Tensor3D;
  /** [B,Q,4]; of points only the centre is read. */
  boxes: tf.Tensor3D;
  /** [B,Q,D] or [1,Q,D], the same for all layers. */
  position: tf.Tensor3D;
}

/** Whether what enters layer `index` are points: learned ones, until a layer makes boxes of them. */
function startsAtPoints({ c }: DecoderRun, index: number): boolean {
  return !c.twoStage && (index === 0 || !c.refine);
}

const centreOf = (boxes: tf.Tensor3D): tf.Tensor3D => tf.slice(boxes, [0, 0, 0], [-1, -1, 2]);

const crossName = (index: number): string => `${decoderLayerName(index)}.encoder_attn`;

/** [B,N,D] the memory as the cross attention of each layer reads it. */
function allValues({ p, c }: DecoderRun, { tokens, mask }: Memory): tf.Tensor3D[] {
  return Array.from({ length: c.decoder.layers }, (_, index) =>
    scoped(`${decoderPart(index)}/cross attention`, () => valuesOf(p, crossName(index), tokens, mask)),
  );
}

/**
 * Cross attention of layer `index`; all rows of an image ask its memory side by side.
 * @returns seen of x's shape; what it looked at, if that is wanted
 */
function cross(
  run: DecoderRun,
  index: number,
  x: tf.Tensor3D,
  { boxes, position }: State,
  wanted: boolean,
): { seen: tf.Tensor3D; views?: LayerViews } {
  const { p, c, memory } = run;
  const name = crossName(index);
  const names = { offsets: `${name}.sampling_offsets`, weights: `${name}.attention_weights` };
  const { heads, points } = c.decoder;
  const sampling = { heads, points, shapes: memory.shapes, ratios: memory.ratios };
  const images = memory.tokens.shape[0];
  const asking = grouped(tf.add(x, position) as tf.Tensor3D, images);
  const values = memory.values?.[index] ?? valuesOf(p, name, memory.tokens, memory.mask);
  const looked = startsAtPoints(run, index)
    ? lookAtPoints(p, names, asking, grouped(centreOf(boxes), images), values, sampling)
    : lookAroundBoxes(p, names, asking, grouped(boxes, images), values, sampling);
  const seen = linear(p, `${name}.output_proj`, tf.reshape(looked.mixed, x.shape) as tf.Tensor3D);
  return wanted ? { seen, views: viewsOf(looked, x.shape) } : { seen };
}

/** [images, rows of each side by side, …] -> [rows, Q, …] */
function viewsOf({ places, weights }: Looked, [rows, queries]: readonly number[]): LayerViews {
  const [, , heads, samples] = weights.shape;
  return {
    places: tf.reshape(places(), [rows!, queries!, heads, samples, 2]),
    weights: tf.reshape(weights, [rows!, queries!, heads, samples]),
  };
}

/**
 * mu_k: what layer `index` makes of the state, without noise [B,Q,D].
 * @param run whose memory is of B images, or of fewer whose rows of the state follow each other (the rollouts of an image)
 * @param wanted whether to give what the layer looked at
 */
export function layerMean(
  run: DecoderRun,
  index: number,
  state: State,
  wanted = false,
): { mean: tf.Tensor3D; views?: LayerViews } {
  const { p, c } = run;
  const layer = decoderLayerName(index);
  const self = `${layer}.self_attn`;
  const { queries, position } = state;
  const part = decoderPart(index);
  const { weights, first } = scoped(`${part}/self attention`, () => {
    const placed = tf.add(queries, position) as tf.Tensor3D;
    const sources = project(p, self, placed, queries);
    const { seen, weights } = look(p, self, placed, sources, c.decoder.heads, { weights: wanted });
    return { weights, first: settle(p, self, queries, seen) };
  });
  const { read, second } = scoped(`${part}/cross attention`, () => {
    const read = cross(run, index, first, state, wanted);
    return { read, second: settle(p, crossName(index), first, read.seen) };
  });
  const mean = scoped(`${part}/ffn`, () => feedForward(p, layer, 'relu', second));
  return wanted ? { mean, views: { ...read.views, ...(weights && { self: weights }), position } } : { mean };
}

/** Class logits [B,Q,C] and boxes [B,Q,4] of queries that left layer `index`; `from` [B,Q,4] is what entered it. */
export function predict(
  run: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  from: tf.Tensor3D,
): Pick<LayerTrace, 'logits' | 'boxes'> {
  const { p, heads } = run;
  const moved = mlp(p, three(heads.boxes[index]!), queries, 'relu');
  return {
    logits: linear(p, heads.classes[index]!, queries),
    boxes: startsAtPoints(run, index) ? refinePoints(centreOf(from), moved) : refineBoxes(from, moved),
  };
}

/** The boxes that enter the layer behind one that `from` entered: without refinement the same for all. */
export function nextBoxes({ c }: DecoderRun, from: tf.Tensor3D, predicted: tf.Tensor3D): tf.Tensor3D {
  return c.refine ? stopGradient(predicted) : from;
}

/**
 * Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k; the gradient goes to what it starts from.
 * @param run whose memory is of as many images as there are rows of queries, or of fewer whose rows follow each other
 */
export function decodeFrom(run: DecoderRun, first: First, views = false): LayerTrace[] {
  const layers: LayerTrace[] = [];
  const position = scoped('decoder/positions', () => positionOf(run, first.boxes));
  let [queries, boxes] = [first.hidden, first.boxes];
  for (let index = 0; index < run.c.decoder.layers; index++) {
    const { mean, ...looked } = layerMean(run, index, { queries, boxes, position }, views);
    const predicted = scoped(`${decoderPart(index)}/heads`, () => predict(run, index, mean, boxes));
    layers.push({ layer: index + 1, hidden: mean, ...predicted, ...looked });
    queries = mean;
    boxes = nextBoxes(run, boxes, predicted.boxes);
  }
  return layers;
}

/** The whole episode without noise. */
export function decode(run: DecoderRun, { dense = false, views = false }: DecodeOptions): Trace {
  const { first, topk, extras } = scoped('select', () => select(run, dense));
  const memory = { ...run.memory, values: allValues(run, run.memory) };
  const layers = decodeFrom({ ...run, memory }, first, views);
  return { memory, ...(topk && { topk }), first, layers, extras };
}
