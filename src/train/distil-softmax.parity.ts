/** Distillation into softmax scores: its number in plain arithmetic, its gradient, and unknown classes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numericGradient } from '../kernels/testing/finite-difference';
import { numbers } from '../kernels/testing/gradients';
import type { SetPrediction } from '../lib/set-prediction';
import { trainSettings } from '../lib/train-settings';
import type { LayerTrace, Trace } from '../models/detector';
import { distilObjective } from './distil-objective';
import { softmaxDivergence } from './distil-softmax';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** R rows, Q queries, C classes. */
const [R, Q, C] = [2, 3, 2];
const NO_OBJECT = 0.1;
const LOGITS = numbers(R * Q * (C + 1), 1).map((x) => 3 * x);
/** Sure, doubtful, nothing; more than 1 together, nothing, nothing. */
const SCORES = [0.9, 0.1, 0.3, 0.2, 0, 0, 0.8, 0.7, 0, 0, 0, 0];
const WEIGHT = [0.5, 0.5, 0, 1, 0, 0];

function plainDivergence(logits: ArrayLike<number>, known = [1, 1]): number {
  let total = 0;
  for (let r = 0; r < R; r++) {
    const weights = Array.from({ length: Q }, (_, q): number => (WEIGHT[r * Q + q]! > 0 ? 1 : NO_OBJECT));
    const all = weights.reduce((a, b) => a + b);
    for (let q = 0; q < Q; q++) {
      const scores = SCORES.slice((r * Q + q) * C, (r * Q + q + 1) * C);
      const sum = scores.reduce((a, b) => a + b);
      const wanted = [...scores.map((s) => s / Math.max(1, sum)), Math.max(0, 1 - sum)];
      const row = Array.from({ length: C + 1 }, (_, c) => logits[(r * Q + q) * (C + 1) + c]!);
      const seen = row.map((x, c) => (c === C || known[c] ? Math.exp(x) : 0));
      const norm = seen.reduce((a, b) => a + b);
      wanted.forEach((t, c) => {
        if (t > 0) total += (weights[q]! / all) * t * (Math.log(t) - Math.log(seen[c]! / norm));
      });
    }
  }
  return total;
}

const targets = () => ({ scores: tf.tensor3d(SCORES, [R, Q, C]), weight: tf.tensor2d(WEIGHT, [R, Q]) });
const divergence = (logits: tf.Tensor): tf.Scalar => softmaxDivergence(logits as tf.Tensor3D, targets(), NO_OBJECT);

test('the divergence and its gradient', async () => {
  const logits = tf.tensor3d(LOGITS, [R, Q, C + 1]);
  expect(relativeL2(await divergence(logits).data(), [plainDivergence(LOGITS)])).toBeLessThanOrEqual(1e-5);
  const expected = numericGradient((x) => plainDivergence(x), Float64Array.from(LOGITS));
  expect(relativeL2(await tf.grad(divergence)(logits).data(), expected)).toBeLessThanOrEqual(1e-4);
});

test('a student that says what it is taught learns nothing more', async () => {
  // the second row's scores exceed 1 together and are shared out; each logit is the logarithm of its share
  const shares = [
    0.9,
    0.1,
    1e-6,
    0.3,
    0.2,
    0.5,
    1e-6,
    1e-6,
    1,
    0.8 / 1.5,
    0.7 / 1.5,
    1e-6,
    1e-6,
    1e-6,
    1,
    1e-6,
    1e-6,
    1,
  ];
  const logits = tf.tensor3d(shares.map(Math.log), [R, Q, C + 1]);
  expect(Math.abs((await divergence(logits).data())[0]!)).toBeLessThanOrEqual(1e-4);
});

test('a class that the teacher does not know is left out', async () => {
  const known = Float32Array.of(1, 0);
  const scores = SCORES.map((s, at) => (at % C === 1 ? 0 : s));
  const only = { scores: tf.tensor3d(scores, [R, Q, C]), weight: targets().weight };
  const loss = (logits: tf.Tensor): tf.Scalar => softmaxDivergence(logits as tf.Tensor3D, only, NO_OBJECT, known);
  const logits = tf.tensor3d(LOGITS, [R, Q, C + 1]);
  const gradient = await tf.grad(loss)(logits).data();
  gradient.forEach((slope, at) => {
    if (at % (C + 1) === 1) expect(slope).toBe(0);
    else expect(Math.abs(slope)).toBeGreaterThan(0);
  });
});

test('the objective takes it for a softmax student, and learned queries have no selection', async () => {
  const places = tf.tensor3d(
    numbers(Q * 4, 5).map((x, i) => (i % 4 < 2 ? 0.5 + 0.3 * x : 0.3 + 0.1 * x)),
    [1, Q, 4],
  );
  const answer = (logits: tf.Tensor): LayerTrace => ({
    layer: 1,
    logits: logits as tf.Tensor3D,
    boxes: places,
    hidden: places,
  });
  const logits = tf.tensor3d(LOGITS.slice(0, Q * (C + 1)), [1, Q, C + 1]);
  const prediction: SetPrediction = {
    queries: Q,
    columns: C + 1,
    scoring: 'softmax',
    logits: LOGITS.slice(0, Q * (C + 1)),
    boxes: (await places.data()) as Float32Array,
  };
  const memory = { tokens: places, shapes: [] };
  const settings = trainSettings('distil', { distilClass: 1, distilBox: 0, distilDense: 0 });
  // Exactly what the second query says and where: only it can be meant.
  const taught = [{ boxes: prediction.boxes.slice(4, 8), scores: Float32Array.of(0.6, 0.1) }];
  const total = (x: tf.Tensor): tf.Scalar => {
    const trace: Trace = { memory, first: answer(x), layers: [answer(x)], extras: {} };
    return distilObjective(trace, [[prediction]], taught, settings, { noObject: NO_OBJECT });
  };
  const gradient = await tf.grad(total)(logits).data();
  const rows = [0, 1, 2].map((q) => gradient.subarray(q * (C + 1), (q + 1) * (C + 1)));
  // softmax less the target, times the weight over 1 + 2 noObject
  const soft = rows.map((_, q) => {
    const row = Array.from(LOGITS.subarray(q * (C + 1), (q + 1) * (C + 1)), Math.exp);
    return row.map((x) => x / row.reduce((a, b) => a + b));
  });
  const wanted = [
    [0, 0, 1],
    [0.6, 0.1, 0.3],
    [0, 0, 1],
  ];
  rows.forEach((row, q) => {
    const weight = (q === 1 ? 1 : NO_OBJECT) / (1 + 2 * NO_OBJECT);
    const expected = soft[q]!.map((p, c) => weight * (p - wanted[q]![c]!));
    expect(relativeL2(row, expected), `query ${q}`).toBeLessThanOrEqual(1e-4);
  });
});
