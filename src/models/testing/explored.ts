/**
 * Some queries of each image, sampled, and what the whole state is then: the sampled queries in their places, the others where the
 * path without noise has them.
 *
 * B images, G rollouts of an image, R = B G rows, Q queries, E of them sampled.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { maxDifference } from '../../kernels/testing/compare';
import { untraced } from '../../kernels/untraced';
import { decoderLayers, type Detector, type Trace } from '../detector';
import type { Explored, RolloutStep } from '../episode';
import { repeated } from '../rows';

/** [B][E] different queries, ascending or not. */
export type Sampled = readonly (readonly number[])[];

/** @param trace of the path without noise */
export function exploredOf(trace: Trace, sampled: Sampled): Explored {
  const queries = trace.first.hidden.shape[1];
  const others = sampled.map((own) => Array.from({ length: queries }, (_, q) => q).filter((q) => !own.includes(q)));
  const entering = [trace.first, ...decoderLayers(trace).slice(0, -1)];
  return {
    queries: tf.tensor2d(sampled.flat(), [sampled.length, sampled[0]!.length], 'int32'),
    others: tf.tensor2d(others.flat(), [sampled.length, others[0]!.length], 'int32'),
    path: entering.map(({ hidden, boxes }) => ({ queries: hidden, boxes })),
  };
}

/** @param path [B,Q,W] @param own [R,E,W] @returns [R,Q,W] */
export function inPlaces(path: tf.Tensor3D, own: tf.Tensor3D, sampled: Sampled): tf.Tensor3D {
  const [rows, , width] = own.shape;
  const rollouts = rows / sampled.length;
  const rowOf = (row: number): tf.Tensor3D => {
    const image = Math.floor(row / rollouts);
    const all = Array.from({ length: path.shape[1] }, (_, query) => {
      const at = sampled[image]!.indexOf(query);
      return at < 0 ? tf.slice(path, [image, query, 0], [1, 1, width]) : tf.slice(own, [row, at, 0], [1, 1, width]);
    });
    return tf.concat(all, 1);
  };
  return untraced(() => tf.concat(Array.from({ length: rows }, (_, row) => rowOf(row))));
}

/** Rollouts without noise say what detection says of the same queries. */
export async function expectPath(
  steps: readonly RolloutStep[],
  trace: Trace,
  { queries }: Explored,
  rollouts: number,
): Promise<void> {
  for (const [k, { action, logits, boxes }] of steps.entries()) {
    const layer = decoderLayers(trace)[k]!;
    const pairs = {
      action: [action, layer.hidden],
      logits: [logits, layer.logits],
      boxes: [boxes, layer.boxes],
    } as const;
    for (const [name, [got, path]] of Object.entries(pairs)) {
      const expected = repeated(gatherTokens(path, queries), rollouts);
      expect(maxDifference(await got.data(), await expected.data()), `${k} ${name}`).toBeLessThanOrEqual(1e-3);
    }
  }
}

/**
 * The weighted sum of all layers' log probabilities, and its gradients.
 * @param names of the parameters
 * @param weights [R,A]
 * @param of called while it is traced: gives the log probability [R,A] of each layer
 * @returns the sum, then a gradient for each name
 */
export function learnLogProb(
  { parameters, layers }: Pick<Detector, 'parameters' | 'layers'>,
  names: readonly string[],
  weights: tf.Tensor2D,
  of: () => (layer: number) => tf.Tensor2D,
): Promise<Float32Array[]> {
  const { value, grads } = tf.engine().gradients(
    () => {
      const logProb = of();
      const sums = Array.from({ length: layers }, (_, k) => tf.sum(tf.mul(logProb(k), weights)));
      return sums.reduce((a, b) => tf.add(a, b));
    },
    names.map((name) => parameters.get(name)),
  );
  return Promise.all([value, ...grads].map(async (tensor) => (await tensor.data()) as Float32Array));
}
