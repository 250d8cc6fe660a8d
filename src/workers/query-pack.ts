/**
 * One query's part of a trace as a single tensor, and how it is read from there.
 *
 * B = 1 image, Q queries, N memory tokens, D width, C class columns, M heads, K sampling points, n + 1 bins.
 */
import * as tf from '@tensorflow/tfjs-core';
import { unitBoxAt } from '../lib/boxes';
import type { LookedPlaces, QueryLayerViews, QueryOrigin, QueryViews } from '../lib/query-views';
import { objectColumns, scoresOf, type Scoring } from '../lib/set-prediction';
import { decoderLayers, type LayerTrace, type Trace } from '../models/detector';

/** Numbers of a tensor, once they are read back. */
type Numbers = () => Float32Array;

/** Tensors that are read back together. */
export class Pack {
  private readonly flat: tf.Tensor1D[] = [];
  private size = 0;
  private values = new Float32Array(0);

  add(tensor: tf.Tensor): Numbers {
    const [from, to] = [this.size, this.size + tensor.size];
    const plain = tensor.dtype === 'float32' ? tensor : tf.cast(tensor, 'float32');
    this.flat.push(tf.reshape(plain, [tensor.size]));
    this.size = to;
    return () => this.values.slice(from, to);
  }

  tensor(): tf.Tensor1D {
    return tf.concat1d(this.flat);
  }

  fill(values: Float32Array): void {
    this.values = new Float32Array(values);
  }
}

/** The query's row of [1,Q,...]. */
function rowOf(x: tf.Tensor, query: number): tf.Tensor2D {
  const queries = x.shape[1]!;
  return tf.slice(tf.reshape(x, [queries, x.size / queries]), [query, 0], [1, -1]) as tf.Tensor2D;
}

/** The query's part of attention [1,M,Q,S]: [M,S]. */
function attentionOf(x: tf.Tensor4D, query: number): tf.Tensor {
  return tf.slice(x, [0, 0, query, 0], [1, -1, 1, -1]);
}

const lengthOf = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = lengthOf(a) * lengthOf(b);
  return lengths === 0 ? 0 : a.reduce((sum, value, at) => sum + value * b[at]!, 0) / lengths;
}

/** @param columns logits [C] of one query */
function bestClass(logits: Float32Array, scoring: Scoring): { label: number; score: number } {
  const columns = logits.length;
  const scores = scoresOf({ queries: 1, columns, scoring, logits, boxes: new Float32Array(4) });
  const objects = scores.subarray(0, objectColumns({ columns, scoring }));
  const score = objects.reduce((a, b) => Math.max(a, b), 0);
  return { label: objects.indexOf(score), score };
}

/** @param xy [M,K,2] packed, @param weights [M,K] packed */
function placesOf(heads: number, xy: Float32Array, weights: Float32Array): LookedPlaces {
  const samples = weights.length / heads;
  const points = new Float32Array(weights.length * 4);
  weights.forEach((weight, at) => points.set([xy[2 * at]!, xy[2 * at + 1]!, weight, Math.floor(at / samples)], 4 * at));
  return { heads, points };
}

/** [M,S] packed -> [S] */
function meanOver(heads: number, weights: Float32Array): Float32Array {
  const mean = new Float32Array(weights.length / heads);
  weights.forEach((weight, at) => (mean[at % mean.length]! += weight / heads));
  return mean;
}

/** The views of a layer, each where there is one. */
function packViews(pack: Pack, { views = {} }: LayerTrace, query: number) {
  const { places, weights, cross, self, edges } = views;
  const offsets = views.offsets && pack.add(views.offsets);
  const sampled = places && weights && ([pack.add(rowOf(places, query)), pack.add(rowOf(weights, query))] as const);
  const looked = cross && pack.add(attentionOf(cross, query));
  const others = self && pack.add(attentionOf(self, query));
  const probabilities = edges && pack.add(rowOf(edges, query));
  return (): Partial<QueryLayerViews> => ({
    ...(sampled ? { places: placesOf(places.shape[2], sampled[0](), sampled[1]()) } : {}),
    ...(looked ? { cross: { heads: cross.shape[1], weights: looked() } } : {}),
    ...(others ? { self: meanOver(self.shape[1], others()) } : {}),
    ...(probabilities ? { edges: { probabilities: probabilities(), ...(offsets ? { offsets: offsets() } : {}) } } : {}),
  });
}

/** @param before numbers of the query [D] that enters the layer; @returns those of the one that leaves it too */
function packLayer(
  pack: Pack,
  trace: LayerTrace,
  query: number,
  before: Numbers,
  scoring: Scoring,
): { hidden: Numbers; read: () => QueryLayerViews } {
  const [box, logits] = [pack.add(rowOf(trace.boxes, query)), pack.add(rowOf(trace.logits, query))];
  const hidden = pack.add(rowOf(trace.hidden, query));
  const position = trace.views?.position;
  const place = position && pack.add(rowOf(position, query));
  const views = packViews(pack, trace, query);
  const read = (): QueryLayerViews => ({
    layer: Number(trace.layer),
    box: unitBoxAt(box(), 0),
    ...bestClass(logits(), scoring),
    ...views(),
    norms: {
      content: lengthOf(hidden()),
      ...(place ? { position: lengthOf(place()) } : {}),
      cosine: cosine(before(), hidden()),
    },
  });
  return { hidden, read };
}

function packOrigin(pack: Pack, { topk, first, layers }: Trace, query: number): () => QueryOrigin {
  if (topk) {
    const token = pack.add(rowOf(topk, query));
    return () => ({ kind: 'selected', token: token()[0]! });
  }
  // Only deformable attention looks around the box that enters a layer; elsewhere the first one says nothing.
  if (!layers.some(({ views }) => views?.places)) return () => ({ kind: 'learned' });
  const box = pack.add(rowOf(first.boxes, query));
  return () => {
    const [x, y] = unitBoxAt(box(), 0);
    return { kind: 'learned', anchor: [x, y] };
  };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Puts everything of a query into the pack. Run inside tf.tidy.
 * @param model its id
 * @returns what to ask when the pack is filled
 */
export function packQuery(
  pack: Pack,
  trace: Trace,
  { model, scoring, query }: { model: string; scoring: Scoring; query: number },
): () => QueryViews {
  const origin = packOrigin(pack, trace, query);
  const every = trace.extras['select.logits'];
  const selection = trace.topk && every && pack.add(tf.max(every, 2));
  let before = pack.add(rowOf(trace.first.hidden, query));
  const layers = decoderLayers(trace).map((layer) => {
    const { hidden, read } = packLayer(pack, layer, query, before, scoring);
    before = hidden;
    return read;
  });
  const levels = trace.memory.shapes.map(([rows, columns]) => [rows, columns] as const);
  return () => {
    const views = { model, query, levels, origin: origin(), layers: layers.map((read) => read()) };
    return selection ? { ...views, selection: selection().map(sigmoid) } : views;
  };
}
