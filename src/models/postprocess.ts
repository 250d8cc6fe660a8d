/**
 * From tensors to plain answers: one read-back for all layers, then the best (query, class) pairs of each.
 *
 * L decoder layers, Q queries, C classes, K detections.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayerResult } from '../lib/types';
import type { Trace } from './detector';

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

/** Indices of the `count` highest values in falling order; ties: the lower index first. Not-a-number is never chosen. */
export function highest(values: Float32Array, count: number): number[] {
  const finite = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]!));
  const sorted = Float32Array.from(finite, (i) => values[i]!).sort();
  const least = sorted[Math.max(sorted.length - count, 0)] ?? Infinity;
  return finite
    .filter((i) => values[i]! >= least)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, count);
}

/** @param packed what packTrace made, read back; @param classes C */
export function unpackLayers(
  packed: Float32Array,
  layers: Trace['layers'],
  classes: number,
  queries: number,
): LayerResult[] {
  const width = classes + 4;
  return layers.map(({ layer }, index) => {
    const logits = new Float32Array(queries * classes);
    const boxes = new Float32Array(queries * 4);
    for (let q = 0; q < queries; q++) {
      const row = (index * queries + q) * width;
      logits.set(packed.subarray(row, row + classes), q * classes);
      boxes.set(packed.subarray(row + classes, row + width), q * 4);
    }
    const best = highest(logits, Math.max(LEAST_DETECTIONS, queries));
    return {
      layer,
      boxes,
      query: Int32Array.from(best, (i) => Math.floor(i / classes)),
      label: Int32Array.from(best, (i) => i % classes),
      score: Float32Array.from(best, (i) => sigmoid(logits[i]!)),
    };
  });
}
