/**
 * RT-DETR's decoder (arXiv 2304.08069, section 4.3): post-norm layers of self-attention, deformable attention around the boxes
 * and a two-layer perceptron; each refines the boxes that entered it.
 *
 * B batch, N memory tokens, Q queries, D width, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { refineBoxes } from '../../nn/geometry';
import { layerNorm, linear, mlp } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type { Company, QueryState } from '../company';
import { decoderPart } from '../decoder-part';
import type { First, LayerTrace, LayerViews, Memory } from '../detector';
import { feedForward } from '../post-norm';
import { grouped } from '../rows';
import type { RtDetrConfig } from './config';
import { gather, lookAround } from './cross-attention';
import { boxHead, classHead, layerName, layersOf, POSITION } from './parameters';
import { meetOthers } from './self-attention';

/** A model and the memory that it reads. */
export interface DecoderRun {
  p: Parameters;
  c: RtDetrConfig;
  /** Of B images, or of fewer whose rows of the state follow each other (the rollouts of an image). */
  memory: Memory;
}

/** [B,N,D] the memory as the cross attention of layer `index` reads it. */
export function valueOf(p: Parameters, index: number, { tokens }: Memory): tf.Tensor3D {
  const project = (): tf.Tensor3D => linear(p, `${layerName(index)}.encoder_attn.value_proj`, tokens);
  return scoped(`${decoderPart(index)}/cross attention`, project);
}

interface LayerOutput {
  /** mu_k [B,Q,D] */
  hidden: tf.Tensor3D;
  views: LayerViews;
}

/**
 * What layer `index` makes of the state, without noise.
 * @param company who else there is, and whose outcome is wanted; by default all of the state's queries, among themselves
 * @param wanted whether to give `views` too; only where there is a row for each image
 */
function runLayer(
  { p, c, memory }: DecoderRun,
  index: number,
  state: QueryState,
  company: Company,
  wanted: boolean,
): LayerOutput {
  const name = layerName(index);
  const part = decoderPart(index);
  const gathering = { state, company, position: (boxes: tf.Tensor3D) => mlp(p, layersOf(POSITION, 2), boxes, 'relu') };
  const { own, position, first, weights } = scoped(`${part}/self attention`, () =>
    meetOthers(p, `${name}.self_attn`, c.heads, gathering, wanted),
  );
  const value = memory.values?.[index] ?? valueOf(p, index, memory);
  const images = memory.tokens.shape[0];
  const { looked, second } = scoped(`${part}/cross attention`, () => {
    const [asking, around] = [grouped(tf.add(first, position) as tf.Tensor3D, images), grouped(own.boxes, images)];
    const looked = lookAround(p, `${name}.encoder_attn`, c, memory.shapes, asking, around);
    const sampled: tf.Tensor3D = tf.reshape(gather(value, looked, c, memory.shapes), own.queries.shape);
    const read = linear(p, `${name}.encoder_attn.output_proj`, sampled);
    return { looked, second: layerNorm(p, `${name}.encoder_attn_layer_norm`, first, read) };
  });
  const hidden = scoped(`${part}/ffn`, () => feedForward(p, name, c.activation, second));
  return { hidden, views: wanted ? { ...looked, self: weights!, position } : {} };
}

/** mu_k [B,Q,D]; see `runLayer`. */
export function layerMean(run: DecoderRun, index: number, state: QueryState, company: Company = {}): tf.Tensor3D {
  return runLayer(run, index, state, company, false).hidden;
}

/** Class logits [B,Q,C] and boxes [B,Q,4] of queries that left layer `index`; `from` are the boxes that entered it. */
export function predict(
  { p }: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  from: tf.Tensor3D,
): Pick<LayerTrace, 'logits' | 'boxes'> {
  return {
    logits: linear(p, classHead(index), queries),
    boxes: refineBoxes(from, mlp(p, layersOf(boxHead(index), 3), queries, 'relu')),
  };
}

/** Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k. No gradient goes to what it starts from. */
export function decodeFrom(run: DecoderRun, first: First, views = false): LayerTrace[] {
  const layers: LayerTrace[] = [];
  // Gradient goes to what a denoising query claims to be; decode gives the selection's queries without.
  let state: QueryState = { queries: first.hidden, boxes: stopGradient(first.boxes) };
  for (let index = 0; index < run.c.layers; index++) {
    const { hidden, views: seen } = runLayer(run, index, state, {}, views);
    const { boxes } = state;
    const predicted = scoped(`${decoderPart(index)}/heads`, () => predict(run, index, hidden, boxes));
    layers.push({ layer: index + 1, hidden, ...predicted, ...(views ? { views: seen } : {}) });
    state = { queries: hidden, boxes: stopGradient(predicted.boxes) };
  }
  return layers;
}
