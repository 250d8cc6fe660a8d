import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readSafetensors, type Safetensors } from '../data/safetensors';
import { relativeL2 } from '../kernels/testing/compare';
import { numbers } from '../kernels/testing/gradients';
import { RL_DEFAULTS } from '../lib/rl-settings';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import { match } from '../models/matching/match';
import { RT_DETR_LOSS } from '../models/set-loss/recipe';
import { advantagesOf, leaveOneOut, returnsOf, standardised } from './returns';
import { layerReward } from './rewards';

const LOGIT = { sure: 3, doubtful: -3 };

/** Queries over two classes: the class they are sure of, or null. */
function predict(sure: readonly (0 | 1 | null)[], boxes: readonly number[][]): SetPrediction {
  const logits = sure.flatMap((c) => [0, 1].map((column) => (column === c ? LOGIT.sure : LOGIT.doubtful)));
  return {
    queries: sure.length,
    columns: 2,
    scoring: 'sigmoid',
    logits: Float32Array.from(logits),
    boxes: Float32Array.from(boxes.flat()),
  };
}

const pairsOf = (queries: number[], labels: number[]): Match => ({
  queries: Int32Array.from(queries),
  labels: Int32Array.from(labels),
});

const LEFT = [0.25, 0.5, 0.4, 0.4];
const RIGHT = [0.75, 0.5, 0.4, 0.4];
/** Moved by a quarter of its width: IoU 3/5 with LEFT. */
const NEAR = [0.35, 0.5, 0.4, 0.4];

const labels: Labels = { classes: [0, 1], boxes: Float32Array.from([...LEFT, ...RIGHT]) };
const none: Labels = { classes: [], boxes: new Float32Array(0) };

test('a perfect answer earns 1 + alpha, and each matched query its part', () => {
  const got = layerReward(predict([0, 1, null], [LEFT, RIGHT, NEAR]), labels, pairsOf([0, 1], [0, 1]), RL_DEFAULTS);
  expect(got.iou).toBeCloseTo(1, 6);
  expect([got.accuracy, got.overlap, got.extra]).toEqual([1, 0, 0]);
  expect(got.reward).toBeCloseTo(1.5, 6);
  expect(relativeL2(got.query, [1.5, 1.5, 0])).toBeLessThanOrEqual(1e-6);
});

test('a second box on the same thing costs overlap and extra', () => {
  const got = layerReward(predict([0, 1, 0], [LEFT, RIGHT, NEAR]), labels, pairsOf([0, 1], [0, 1]), RL_DEFAULTS);
  expect(got.overlap).toBeCloseTo(0.2, 6); // (0.6 - 0.5) / 0.5, one pair
  expect(got.extra).toBe(0.5);
  expect(got.reward).toBeCloseTo(1.5 - 0.5 * 0.2 - 0.3 * 0.5, 6);
  expect(relativeL2(got.query, [1.5, 1.5, -0.3 - 0.5 * 0.2])).toBeLessThanOrEqual(1e-6);
});

test('wrong or doubtful classes earn their IoU only', () => {
  const got = layerReward(predict([1, null], [LEFT, RIGHT]), labels, pairsOf([0, 1], [0, 1]), RL_DEFAULTS);
  expect(got.accuracy).toBe(0);
  expect(relativeL2(got.query, [1, 1])).toBeLessThanOrEqual(1e-6);
});

test('without labels: silence is right, and what is extra is capped at 1', () => {
  const silent = layerReward(predict([null, null], [LEFT, RIGHT]), none, pairsOf([], []), RL_DEFAULTS);
  expect([silent.iou, silent.accuracy, silent.extra, silent.reward]).toEqual([1, 0, 0, 1]);
  const loud = layerReward(predict([0, 1], [LEFT, RIGHT]), none, pairsOf([], []), RL_DEFAULTS);
  expect([loud.iou, loud.accuracy, loud.extra]).toEqual([0, 0, 1]);
  expect(loud.reward).toBeCloseTo(-0.3, 6);
});

test('softmax: the last column is no object', () => {
  const prediction: SetPrediction = {
    queries: 2,
    columns: 3,
    scoring: 'softmax',
    logits: Float32Array.of(0, 4, 0, 0, 0, 4),
    boxes: Float32Array.from([...LEFT, ...RIGHT]),
  };
  const one = { classes: [1], boxes: Float32Array.from(LEFT) };
  const got = layerReward(prediction, one, pairsOf([0], [0]), RL_DEFAULTS);
  expect([got.accuracy, got.extra]).toEqual([1, 0]);
});

test('returns add up what comes later, discounted', () => {
  expect(Array.from(returnsOf([1, 2, 4, 10, 20, 40], 3, 0.5))).toEqual([3, 4, 4, 30, 40, 40]);
  expect(() => returnsOf([1, 2], 3, 1)).toThrow('expected rows of 3 rewards, got 2 numbers');
});

test('advantages: group and leave-one-out stay inside an image, batch does not', () => {
  const values = Float32Array.of(1, 10, 3, 10, 5, 0, 5, 4); // [B=2, G=2, 2]
  const size = { images: 2, rollouts: 2 };
  const group = advantagesOf(values, size, 'group');
  expect(relativeL2(group, [-1, 0, 1, 0, 0, -1, 0, 1])).toBeLessThanOrEqual(1e-5);
  expect(Array.from(advantagesOf(values, size, 'leave-one-out'))).toEqual([-2, 0, 2, 0, 0, -4, 0, 4]);
  const batch = advantagesOf(values, size, 'batch');
  const [first, second] = [Math.sqrt(2.75), Math.sqrt(18)];
  const expected = [
    -2.5 / first,
    4 / second,
    -0.5 / first,
    4 / second,
    1.5 / first,
    -6 / second,
    1.5 / first,
    -2 / second,
  ];
  expect(relativeL2(batch, expected)).toBeLessThanOrEqual(1e-5);
});

test('equal returns have no advantage; one rollout cannot be left out', () => {
  expect(Array.from(standardised([2, 2, 2], 3))).toEqual([0, 0, 0]);
  expect(() => leaveOneOut([1, 2], 1)).toThrow('expected at least 2 rollouts');
  expect(() => standardised(numbers(5, 1), 2)).toThrow('expected 2 rows of returns, got 5 numbers');
});

const file = resolve(import.meta.dirname, '../../../shared/reference/rl/cases.safetensors');
const here = existsSync(file);
if (!here) process.stderr.write(`skipped: ${file} is not beside the project\n`);

function readCases(): Safetensors {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return readSafetensors(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer, file);
}

test.skipIf(!here)('PyTorch’s logits and boxes: reward parts, credit, returns and advantages', () => {
  const cases = readCases();
  const [G, Q, C] = cases.shape('layer.0.logits') as [number, number, number];
  const K = 3;
  const truth = { classes: Array.from(cases.int64('labels.classes'), Number), boxes: cases.float32('labels.boxes') };
  const parts: number[] = [];
  const credit = new Float32Array(G * K * Q);
  const credits = new Float32Array(G * Q * K);
  for (let g = 0; g < G; g++)
    for (let k = 0; k < K; k++) {
      const prediction: SetPrediction = {
        queries: Q,
        columns: C,
        scoring: 'sigmoid',
        logits: cases.float32(`layer.${k}.logits`).slice(g * Q * C, (g + 1) * Q * C),
        boxes: cases.float32(`layer.${k}.boxes`).slice(g * Q * 4, (g + 1) * Q * 4),
      };
      const r = layerReward(prediction, truth, match(prediction, truth, RT_DETR_LOSS.match), RL_DEFAULTS);
      parts.push(r.iou, r.accuracy, r.overlap, r.extra, r.reward);
      credit.set(r.query, (g * K + k) * Q);
      r.query.forEach((value, q) => (credits[(g * Q + q) * K + k] = value));
    }
  const returns = returnsOf(
    parts.filter((_, i) => i % 5 === 4),
    K,
    1,
  );
  const size = { images: 1, rollouts: G };
  const compared = {
    parts,
    'credit.query': credit,
    returns,
    'advantage.group': advantagesOf(returns, size, 'group'),
    'advantage.leave_one_out': advantagesOf(returns, size, 'leave-one-out'),
    'advantage.query': advantagesOf(returnsOf(credits, K, 1), size, 'group'),
  };
  for (const [name, values] of Object.entries(compared))
    expect(relativeL2(values, cases.float32(name)), name).toBeLessThanOrEqual(1e-3);
});
