/**
 * The same answers the long way, what `packAnswers` is held against: all logits are read back, and the best pairs chosen in JavaScript.
 *
 * L decoder layers, Q queries, C classes (a softmax family's logits have one more column).
 */
import * as tf from '@tensorflow/tfjs-core';
import { highest } from '../../kernels/answers/reference';
import type { Scoring } from '../../lib/set-prediction';
import type { LayerResult } from '../../lib/types';
import type { Trace } from '../detector';

/** COCO counts 100 detections an image. */
const LEAST_DETECTIONS = 100;

/**
 * All layers of the first image of a trace as one tensor [L+1, Q, C+4]: logits, then box.
 * Run inside tf.tidy and return the result from there, so that only it stays.
 */
export function packTrace({ layers }: Trace): tf.Tensor3D {
  const rows = layers.map(({ logits, boxes }) => tf.concat([tf.slice(logits, 0, 1), tf.slice(boxes, 0, 1)], 2));
  return rows.length === 1 ? (rows[0] as tf.Tensor3D) : (tf.concat(rows, 0) as tf.Tensor3D);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Pairs of a query and a class with what they are ranked by; NaN is no pair. */
interface Pairs {
  ranks: Float32Array;
  query(pair: number): number;
  label(pair: number): number;
  score(rank: number): number;
}

/** Every class of every query. @param logits [Q,C] */
const everyPair = (logits: Float32Array, classes: number): Pairs => ({
  ranks: logits,
  query: (pair) => Math.floor(pair / classes),
  label: (pair) => pair % classes,
  score: sigmoid,
});

/** The best class of each query by the logarithm of its probability; the last column, "no object", is none. @param logits [Q,C+1] */
function bestOfEach(logits: Float32Array, classes: number): Pairs {
  const width = classes + 1;
  const ranks = new Float32Array(logits.length / width);
  const labels = new Int32Array(ranks.length);
  ranks.forEach((_, q) => {
    const row = logits.subarray(q * width, (q + 1) * width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    const objects = row.subarray(0, classes);
    labels[q] = objects.indexOf(Math.max(...objects));
    ranks[q] = Math.max(...objects) - most - Math.log(total);
  });
  return { ranks, query: (pair) => pair, label: (pair) => labels[pair]!, score: Math.exp };
}

/**
 * The best pairs of query and class in every layer. Sigmoid scores stand alone, so a query may be several classes; softmax
 * scores exclude each other, and a query is its best class, as in DETR (arXiv 2005.12872).
 * @param packed what packTrace made, read back
 * @param classes C, without "no object"
 */
export function unpackLayers(
  packed: Float32Array,
  layers: Trace['layers'],
  { classes, queries, scoring }: { classes: number; queries: number; scoring: Scoring },
): LayerResult[] {
  const columns = scoring === 'softmax' ? classes + 1 : classes;
  const width = columns + 4;
  return layers.map(({ layer }, index) => {
    const logits = new Float32Array(queries * columns);
    const boxes = new Float32Array(queries * 4);
    for (let q = 0; q < queries; q++) {
      const row = (index * queries + q) * width;
      logits.set(packed.subarray(row, row + columns), q * columns);
      boxes.set(packed.subarray(row + columns, row + width), q * 4);
    }
    const pairs = scoring === 'softmax' ? bestOfEach(logits, classes) : everyPair(logits, classes);
    const best = highest(pairs.ranks, Math.max(LEAST_DETECTIONS, queries));
    return {
      layer,
      boxes,
      query: Int32Array.from(best, (i) => pairs.query(i)),
      label: Int32Array.from(best, (i) => pairs.label(i)),
      score: Float32Array.from(best, (i) => pairs.score(pairs.ranks[i]!)),
    };
  });
}
