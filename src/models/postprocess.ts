/**
 * From tensors to plain answers: the best (query, class) pairs of each layer, chosen where the tensors are, and one small
 * read-back for all layers.
 *
 * L decoder layers, Q queries, C classes (a softmax family's logits have one more column), K detections.
 */
import * as tf from '@tensorflow/tfjs-core';
import { bestAnswers, pairAnswers } from '../kernels/answers/op';
import { highest } from '../kernels/answers/reference';
import type { Scoring } from '../lib/set-prediction';
import type { LayerResult } from '../lib/types';
import type { Trace } from './detector';

/** COCO counts 100 detections an image. */
const LEAST_DETECTIONS = 100;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Pairs that are told of each layer. */
const pairCount = (queries: number, columns: number): number =>
  Math.min(Math.max(LEAST_DETECTIONS, queries), queries * columns);

/** The first image's answers of all layers as one tensor. */
function stacked(layers: Trace['layers'], part: 'logits' | 'boxes'): tf.Tensor3D {
  const rows = layers.map((layer) => (layer[part].shape[0] === 1 ? layer[part] : tf.slice(layer[part], 0, 1)));
  return rows.length === 1 ? rows[0]! : tf.concat(rows, 0);
}

/**
 * What is told of the first image of a trace: a row for each layer, of ranks, pairs and boxes (see src/kernels/answers).
 * Run inside tf.tidy and return the result from there, so that only it stays. Nothing is read back: it may be recorded.
 * @returns [L+1, 2 K + 4 Q], K = Q for softmax scores, else the greater of Q and 100
 */
export function packAnswers({ layers }: Trace, scoring: Scoring): tf.Tensor2D {
  const [logits, boxes] = [stacked(layers, 'logits'), stacked(layers, 'boxes')];
  if (scoring === 'softmax') return bestAnswers(logits, boxes);
  return pairAnswers(logits, boxes, pairCount(logits.shape[1], logits.shape[2]));
}

/**
 * The best pairs of query and class in every layer. Sigmoid scores stand alone, so a query may be several classes; softmax
 * scores exclude each other, and a query is its best class, as in DETR (arXiv 2005.12872).
 * @param packed what packAnswers made, read back
 * @param layers of the same trace; only their names are read
 * @param classes C, without "no object"
 */
export function unpackAnswers(
  packed: Float32Array,
  layers: readonly Pick<Trace['layers'][number], 'layer'>[],
  { classes, queries, scoring }: { classes: number; queries: number; scoring: Scoring },
): LayerResult[] {
  const width = packed.length / layers.length;
  const count = scoring === 'softmax' ? queries : pairCount(queries, classes);
  return layers.map(({ layer }, index) => {
    const row = packed.subarray(index * width, (index + 1) * width);
    const [ranks, pairs] = [row.subarray(0, count), row.subarray(count, 2 * count)];
    const boxes = row.slice(2 * count);
    // What has no score comes last among pairs; among queries it is anywhere.
    const told = highest(
      ranks.map((rank, place) => (pairs[place]! < 0 ? NaN : rank)),
      count,
    );
    const [query, score] =
      scoring === 'softmax'
        ? [(place: number) => place, Math.exp]
        : [(place: number) => Math.floor(pairs[place]! / classes), sigmoid];
    return {
      layer,
      boxes,
      query: Int32Array.from(told, query),
      label: Int32Array.from(told, (place) => (scoring === 'softmax' ? pairs[place]! : pairs[place]! % classes)),
      score: Float32Array.from(told, (place) => score(ranks[place]!)),
    };
  });
}
