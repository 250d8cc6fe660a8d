/** What is read back of a trace says the same as all of its logits did. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import type { Scoring } from '../lib/set-prediction';
import type { LayerResult } from '../lib/types';
import type { Trace } from './detector';
import { packAnswers, unpackAnswers } from './postprocess';
import { packTrace, unpackLayers } from './testing/all-logits';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Batch, queries, columns of logits. */
type Size = readonly [number, number, number];

const NAMES = ['select', 1, 2, 3] as const;

function traceOf([batch, queries, columns]: Size): Trace {
  const layers = NAMES.map((layer, at) => ({
    layer,
    logits: tf.tensor3d(
      numbers(batch * queries * columns, 11 + at).map((v) => 9 * v - 6),
      [batch, queries, columns],
    ),
    boxes: tf.tensor3d(numbers(batch * queries * 4, 31 + at), [batch, queries, 4]),
  }));
  return { layers } as unknown as Trace;
}

async function both([batch, queries, columns]: Size, scoring: Scoring): Promise<[LayerResult[], LayerResult[]]> {
  const trace = traceOf([batch, queries, columns]);
  const [small, whole] = tf.tidy(() => [packAnswers(trace, scoring), packTrace(trace)]);
  const sizes = { classes: scoring === 'softmax' ? columns - 1 : columns, queries, scoring };
  const [few, all] = [(await small.data()) as Float32Array, (await whole.data()) as Float32Array];
  return [unpackAnswers(few, trace.layers, sizes), unpackLayers(all, trace.layers, sizes)];
}

test.each([
  [[1, 300, 80], 'sigmoid', 0],
  [[2, 9, 5], 'sigmoid', 0],
  [[1, 40, 1], 'sigmoid', 0],
  [[3, 130, 2], 'sigmoid', 0],
  // Probabilities are computed in float32 on the GPU.
  [[1, 100, 92], 'softmax', 4e-6],
  [[2, 30, 3], 'softmax', 4e-6],
] as [Size, Scoring, number][])('%j, %s: the same answers', async (size, scoring, bound) => {
  const [got, want] = await both(size, scoring);
  expect(got.map(({ layer }) => layer)).toEqual([...NAMES]);
  got.forEach((layer, at) => {
    expect(layer.query).toEqual(want[at]!.query);
    expect(layer.label).toEqual(want[at]!.label);
    expect(layer.boxes).toEqual(want[at]!.boxes);
    expect(maxDifference(layer.score, want[at]!.score)).toBeLessThanOrEqual(bound);
  });
});

test('300 queries of 80 classes: a fourteenth of the bytes', () => {
  const [small, whole] = tf.tidy(() => {
    const trace = traceOf([1, 300, 80]);
    return [packAnswers(trace, 'sigmoid').size, packTrace(trace).size];
  });
  expect(whole / small).toBeGreaterThanOrEqual(14);
});
