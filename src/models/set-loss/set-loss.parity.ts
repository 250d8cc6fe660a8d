import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { numbers } from '../../kernels/testing/gradients';
import { overlapOf } from '../../lib/box-overlap';
import type { Labels, SetPrediction } from '../../lib/set-prediction';
import { match } from '../matching/match';
import { plainSetLoss } from './plain';
import { disposeTargets, setLoss, setTargets } from './set-loss';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const QUERIES = 7;
const COLUMNS = 5;
/** Labels of each set: none, some, as many as queries, more than queries. */
const COUNTS = [0, 3, 7, 11, 1];

const boxes = (count: number, seed: number): Float32Array =>
  numbers(count * 4, seed).map((v, i) => (i % 4 < 2 ? 0.5 + 0.3 * v : 0.3 + 0.2 * v));

function setOf(labelCount: number, seed: number): { prediction: SetPrediction; labels: Labels } {
  return {
    prediction: {
      queries: QUERIES,
      columns: COLUMNS,
      scoring: 'sigmoid',
      logits: numbers(QUERIES * COLUMNS, seed).map((v) => 4 * v),
      boxes: boxes(QUERIES, seed + 100),
    },
    labels: {
      classes: Array.from(numbers(labelCount, seed + 200), (v) => Math.floor(((v + 1) / 2) * COLUMNS)),
      boxes: boxes(labelCount, seed + 300),
    },
  };
}

const sets = COUNTS.map((count, at) => setOf(count, at + 1));
const packed = (pick: 'logits' | 'boxes', inner: number): tf.Tensor3D =>
  tf.tensor3d(
    sets.flatMap(({ prediction }) => Array.from(prediction[pick])),
    [sets.length, QUERIES, inner],
  );
const matched = () => sets.map(({ prediction, labels }) => ({ labels, match: match(prediction, labels) }));

test('every set as in plain numbers: no labels, some, more than queries', async () => {
  const targets = setTargets(QUERIES, matched());
  const loss = setLoss(packed('logits', COLUMNS), packed('boxes', 4), targets);
  const plain = sets.map(({ prediction, labels }) => plainSetLoss(prediction, labels, match(prediction, labels)));
  for (const part of ['classes', 'boxes'] as const) {
    const values = await loss[part].data();
    plain.forEach((one, set) =>
      expect(relativeL2([values[set]!], [one[part]]), `${part} of set ${set}`).toBeLessThanOrEqual(1e-5),
    );
  }
  expect(plain[0]!.boxes).toBe(0);
});

test('gradient to the boxes: finite differences; the class target is a constant', async () => {
  const pairs = matched();
  const targets = setTargets(QUERIES, pairs);
  const weights = numbers(sets.length, 9);
  const total = (l: tf.Tensor, b: tf.Tensor): tf.Scalar => {
    const loss = setLoss(l as tf.Tensor3D, b as tf.Tensor3D, targets);
    return tf.sum(tf.mul(tf.add(loss.classes, loss.boxes), tf.tensor1d(weights)));
  };
  const [toLogits, toBoxes] = tf.grads(total)([packed('logits', COLUMNS), packed('boxes', 4)]);
  const got = (await toBoxes!.data()) as Float32Array;
  const expected = sets.flatMap(({ prediction, labels }, set) => {
    const moving = Float64Array.from(prediction.boxes);
    const boxLoss = (): number => {
      const { queries, labels: chosen } = pairs[set]!.match;
      let sum = 0;
      queries.forEach((q, m) => {
        const t = chosen[m]!;
        for (let i = 0; i < 4; i++) sum += 5 * Math.abs(moving[4 * q + i]! - labels.boxes[4 * t + i]!);
        sum += 2 * (1 - overlapOf(moving, q, labels.boxes, t).giou);
      });
      return (weights[set]! * sum) / Math.max(1, labels.classes.length);
    };
    return Array.from(moving, (value, i) => {
      const step = 1e-6;
      moving[i] = value + step;
      const above = boxLoss();
      moving[i] = value - step;
      const below = boxLoss();
      moving[i] = value;
      return (above - below) / (2 * step);
    });
  });
  expect(relativeL2(got, expected)).toBeLessThanOrEqual(1e-4);
  // The first set has no labels: its boxes do not move, its scores go down.
  expect(Math.max(...got.subarray(0, QUERIES * 4).map(Math.abs))).toBe(0);
  const scores = (await toLogits!.data()).subarray(0, QUERIES * COLUMNS);
  expect(Array.from(scores).every((slope) => slope * weights[0]! > 0)).toBe(true);
});

test('warm steps leave nothing behind', () => {
  const [logits, points, pairs] = [packed('logits', COLUMNS), packed('boxes', 4), matched()];
  const round = (): void => {
    const targets = setTargets(QUERIES, pairs);
    const total = (l: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const loss = setLoss(l as tf.Tensor3D, b as tf.Tensor3D, targets);
      return tf.add(loss.classes, loss.boxes);
    };
    tf.dispose(tf.grads(total)([logits, points]));
    disposeTargets(targets);
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('a pair that points outside is refused', () => {
  const { labels } = sets[1]!;
  const wrong = { queries: Int32Array.of(7), labels: Int32Array.of(0) };
  expect(() => setTargets(QUERIES, [{ labels, match: wrong }])).toThrow('expected a query below 7');
});
