/**
 * D-FINE's decoder (arXiv 2410.13842, section 4.1): post-norm layers of self-attention, deformable attention around the boxes
 * that a gate mixes in, and a two-layer perceptron; each adds to the logits of the box edges.
 *
 * B batch, N memory tokens, Q queries, D width, C classes, n + 1 bins of an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { refineBoxes } from '../../nn/geometry';
import { layerNorm, linear, mlp } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type { Company, QueryState } from '../company';
import { decoderPart } from '../decoder-part';
import type { First, LayerTrace, LayerViews, Memory, Trace } from '../detector';
import { edgeOffsets, edgeProbabilities, readEdges, type EdgeScale } from '../fine-edges/edges';
import { feedForward } from '../post-norm';
import { grouped } from '../rows';
import { gather, lookAround } from '../rtdetr/cross-attention';
import { meetOthers } from '../rtdetr/self-attention';
import type { DFineConfig } from './config';
import { classHead, edgeHead, FIRST_BOX, layerName, layersOf, POSITION, qualityHead } from './parameters';

/** Position embeddings end here. */
const POSITION_LIMIT = 10;

/** A model and the memory that it reads. */
export interface DecoderRun {
  p: Parameters;
  c: DFineConfig;
  edges: EdgeScale;
  /** Of B images, or of fewer whose rows of the state follow each other (the rollouts of an image). */
  memory: Memory;
}

/** Both, each times its own gate in 0..1, and normed: `kept` and `read` [B,Q,D] -> [B,Q,D]. */
function gateway(p: Parameters, name: string, kept: tf.Tensor3D, read: tf.Tensor3D): tf.Tensor3D {
  const gates = tf.sigmoid(linear(p, `${name}.gate`, tf.concat([kept, read], 2)));
  const [keep, take] = tf.split(gates, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const taken: tf.Tensor3D = tf.mul(take, read);
  return layerNorm(p, `${name}.norm`, tf.mul(keep, kept), taken);
}

/** Position embedding [B,Q,D] of boxes [B,Q,4]. */
function positionOf({ p }: DecoderRun, boxes: tf.Tensor3D): tf.Tensor3D {
  return tf.clipByValue(mlp(p, layersOf(POSITION, 2), boxes, 'relu'), -POSITION_LIMIT, POSITION_LIMIT);
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
function runLayer(run: DecoderRun, index: number, state: QueryState, company: Company, wanted: boolean): LayerOutput {
  const { p, c, memory } = run;
  const name = layerName(index);
  const part = decoderPart(index);
  const gathering = { state, company, position: (boxes: tf.Tensor3D) => positionOf(run, boxes) };
  const { own, position, first, weights } = scoped(`${part}/self attention`, () =>
    meetOthers(p, `${name}.self_attn`, c.heads, gathering, wanted),
  );
  const images = memory.tokens.shape[0];
  const { looked, second } = scoped(`${part}/cross attention`, () => {
    const [asking, around] = [grouped(tf.add(first, position) as tf.Tensor3D, images), grouped(own.boxes, images)];
    const looked = lookAround(p, `${name}.encoder_attn`, c, memory.shapes, asking, around);
    const sampled: tf.Tensor3D = tf.reshape(gather(memory.tokens, looked, c, memory.shapes), own.queries.shape);
    return { looked, second: gateway(p, `${name}.gateway`, first, sampled) };
  });
  const hidden = scoped(`${part}/ffn`, () => feedForward(p, name, c.activation, second));
  return { hidden, views: wanted ? { ...looked, self: weights!, position } : {} };
}

/** mu_k [B,Q,D]; see `runLayer`. */
export function layerMean(run: DecoderRun, index: number, state: QueryState, company: Company = {}): tf.Tensor3D {
  return runLayer(run, index, state, company, false).hidden;
}

/** The boxes [B,Q,4] that all layers move: those that entered the first layer, refined by what left it. */
export function initialBoxes({ p }: DecoderRun, boxes: tf.Tensor3D, queries: tf.Tensor3D): tf.Tensor3D {
  return refineBoxes(boxes, mlp(p, layersOf(FIRST_BOX, 3), queries, 'relu'));
}

/**
 * Logits of the edges [B,Q,4(n+1)] after layer `index`: its own added to those before.
 * @param before queries, without gradient, and corners that left the layer before, where there is one
 */
export function cornersOf(
  { p }: DecoderRun,
  index: number,
  queries: tf.Tensor3D,
  before?: { queries: tf.Tensor3D; corners: tf.Tensor3D },
): tf.Tensor3D {
  const head = layersOf(edgeHead(index), 3);
  if (!before) return mlp(p, head, queries, 'relu');
  return tf.add(mlp(p, head, tf.add(queries, before.queries) as tf.Tensor3D, 'relu'), before.corners);
}

/** Scores and boxes of layer `index` from the distributions of the edges. @param corners [B,Q,4(n+1)] @param initial [B,Q,4] */
export function predict(
  { p, c, edges }: DecoderRun,
  index: number,
  hidden: tf.Tensor3D,
  corners: tf.Tensor3D,
  initial: tf.Tensor3D,
): Pick<LayerTrace, 'logits' | 'boxes'> {
  const { boxes, confidence } = readEdges(corners, initial, edges, c.quality.top);
  const quality = mlp(p, layersOf(qualityHead(index), c.quality.layers), confidence, 'relu');
  return { logits: tf.add(linear(p, classHead(index), hidden), quality), boxes };
}

/**
 * Layers 1, …, L from given queries and boxes, without noise: q_{k+1} = mu_k. No gradient goes to what it starts from.
 * Extras: 'layer.<k>.corners' [B,Q,4(n+1)] and 'layer.<k>.reference' [B,Q,4], the boxes that the corners move; 'pre.logits' and
 * 'pre.boxes', which have a set loss of their own in the authors' training.
 */
export function decodeFrom(run: DecoderRun, first: First, wanted = false): Pick<Trace, 'layers' | 'extras'> {
  const { p, c } = run;
  const layers: LayerTrace[] = [];
  const extras: Trace['extras'] = {};
  // Gradient goes to what a denoising query claims to be; decode gives the selection's queries without.
  let state: QueryState = { queries: first.hidden, boxes: stopGradient(first.boxes) };
  let initial = state.boxes;
  let before: { queries: tf.Tensor3D; corners: tf.Tensor3D } | undefined;
  for (let index = 0; index < c.layers; index++) {
    const { hidden, views } = runLayer(run, index, state, {}, wanted);
    const heads = `${decoderPart(index)}/heads`;
    if (index === 0) {
      const pre = scoped(heads, () => initialBoxes(run, state.boxes, hidden));
      extras['pre.boxes'] = pre;
      extras['pre.logits'] = scoped(heads, () => linear(p, classHead(0), hidden));
      initial = stopGradient(pre);
    }
    const corners = scoped(heads, () => cornersOf(run, index, hidden, before));
    const predicted = scoped(heads, () => predict(run, index, hidden, corners, initial));
    const seen = wanted
      ? { views: { ...views, edges: edgeProbabilities(corners, c.bins), offsets: edgeOffsets(run.edges) } }
      : {};
    layers.push({ layer: index + 1, hidden, ...predicted, ...seen });
    extras[`layer.${index}.corners`] = corners;
    extras[`layer.${index}.reference`] = initial;
    before = { queries: stopGradient(hidden), corners };
    state = { queries: hidden, boxes: stopGradient(predicted.boxes) };
  }
  return { layers, extras };
}
