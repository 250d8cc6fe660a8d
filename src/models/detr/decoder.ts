/**
 * DETR's decoder (arXiv 2005.12872, section 3.2): learned query positions, contents that start at zero, dense attention to the
 * memory, and the same heads behind every layer. Boxes are predicted anew in each layer, none is moved.
 *
 * B batch, R rows of queries (a multiple of B), Q queries, N memory tokens, D width, M heads, L layers.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { expectShape } from '../../kernels/shapes';
import { layerNorm, linear, mlp } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import { decoderPart } from '../decoder-part';
import type { DecodeOptions, First, LayerTrace, LayerViews, Memory, Trace } from '../detector';
import { feedForward, look, project, settle, type Sources } from '../post-norm';
import { grouped } from '../rows';
import type { DetrConfig } from './config';
import { BOX_HEAD, CLASS_HEAD, decoderLayerName, FINAL_NORM, QUERY_POSITIONS } from './parameters';

/** What every layer reads. */
export interface DecoderRun {
  p: Parameters;
  c: DetrConfig;
  /** Its `values`, where it has them, are keys and values side by side [B,N,2D]. */
  memory: Memory;
  /** [B,N,D] or [1,N,D] of the memory's cells. */
  positions: tf.Tensor3D;
}

/** A box that says nothing: the centre of the image, without size. */
const NOWHERE = [0.5, 0.5, 0, 0];

/** Contents and boxes that enter the first layer, the same for every image. */
export function firstOf({ c, memory }: Pick<DecoderRun, 'c' | 'memory'>): First {
  const batch = memory.tokens.shape[0];
  return {
    hidden: tf.zeros([batch, c.queries, c.width]),
    boxes: tf.tile(tf.tensor3d(NOWHERE, [1, 1, 4]), [batch, c.queries, 1]),
  };
}

/** Keys and values of layer `index`, side by side [B,N,2D]. */
function valuesOf({ p, memory, positions }: DecoderRun, index: number): tf.Tensor3D {
  return scoped(`${decoderPart(index)}/cross attention`, () => {
    const placed = tf.add(memory.tokens, positions) as tf.Tensor3D;
    const { key, value } = project(p, `${decoderLayerName(index)}.encoder_attn`, placed, memory.tokens);
    return tf.concat([key, value], 2);
  });
}

function sourcesOf(run: DecoderRun, index: number): Sources {
  const joined = run.memory.values?.[index] ?? valuesOf(run, index);
  const [key, value] = tf.split(joined, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  return { key, value };
}

/**
 * mu_k: what layer `index` makes of the contents [R,Q,D], before the final norm, and what it looked at.
 * Rows of an image follow each other, and meet its memory side by side.
 */
export function runLayer(
  run: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  wanted = false,
): { hidden: tf.Tensor3D; views?: LayerViews } {
  const { p, c, memory } = run;
  const name = decoderLayerName(index);
  const [own, cross] = [`${name}.self_attn`, `${name}.encoder_attn`];
  const position = tf.expandDims(p.get(`${QUERY_POSITIONS}.weight`), 0) as tf.Tensor3D;
  const part = decoderPart(index);
  const { heads } = c.decoder;
  const { among, first } = scoped(`${part}/self attention`, () => {
    const placed = tf.add(queries, position) as tf.Tensor3D;
    const among = look(p, own, placed, project(p, own, placed, queries), heads, { weights: wanted });
    return { among, first: settle(p, own, queries, among.seen) };
  });
  const sources = sourcesOf(run, index);
  const { around, second } = scoped(`${part}/cross attention`, () => {
    const asking = grouped(tf.add(first, position) as tf.Tensor3D, memory.tokens.shape[0]);
    const around = look(p, cross, asking, sources, heads, { keyMask: memory.mask, weights: wanted });
    return { around, second: settle(p, cross, first, tf.reshape(around.seen, queries.shape)) };
  });
  const hidden = scoped(`${part}/ffn`, () => feedForward(p, name, 'relu', second));
  return wanted ? { hidden, views: { self: among.weights!, cross: around.weights!, position } } : { hidden };
}

/**
 * What follows from the queries [R,Q,D] that left layer `index`.
 * @returns class logits [R,Q,C+1], boxes [R,Q,4], and the queries that enter the next layer
 */
export function predict(
  { p, c }: Pick<DecoderRun, 'p' | 'c'>,
  index: number,
  hidden: tf.Tensor3D,
): Pick<LayerTrace, 'logits' | 'boxes'> & { next: tf.Tensor3D } {
  const normed = layerNorm(p, FINAL_NORM, hidden);
  const twice = c.normBetween && index === c.decoder.layers - 1;
  const read = twice ? layerNorm(p, FINAL_NORM, normed) : normed;
  return {
    logits: linear(p, CLASS_HEAD, read),
    boxes: tf.sigmoid(mlp(p, BOX_HEAD, read, 'relu')),
    next: c.normBetween ? normed : hidden,
  };
}

/**
 * Layers 1, …, L from given contents, without noise. No gradient goes to what it starts from.
 * @throws DetectorError `internal` where there are not Q queries: each has a place of its own among the learned ones
 */
export function decodeFrom(run: DecoderRun, first: First, views = false): LayerTrace[] {
  const { c } = run;
  expectShape('decodeFrom', 'queries', first.hidden.shape, ['R', c.queries, c.width]);
  let queries = stopGradient(first.hidden);
  return Array.from({ length: c.decoder.layers }, (_, index) => {
    const ran = runLayer(run, index, queries, views);
    const { next, ...predicted } = scoped(`${decoderPart(index)}/heads`, () => predict(run, index, ran.hidden));
    queries = next;
    return { layer: index + 1, ...ran, ...predicted };
  });
}

/** The whole episode without noise. */
export function decode(run: DecoderRun, { views = false }: DecodeOptions): Trace {
  const first = firstOf(run);
  const values = Array.from({ length: run.c.decoder.layers }, (_, index) => valuesOf(run, index));
  const memory = { ...run.memory, values };
  return { memory, first, layers: decodeFrom({ ...run, memory }, first, views), extras: {} };
}
