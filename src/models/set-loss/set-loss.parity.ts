import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { numbers } from '../../kernels/testing/gradients';
import { overlapOf } from '../../lib/box-overlap';
import type { Labels, SetPrediction } from '../../lib/set-prediction';
import { match } from '../matching/match';
import { plainSetLoss } from './plain';
import { DEIMV2_LOSS, RT_DETR_LOSS, type SetLossRecipe } from './recipe';
import { setLoss } from './set-loss';
import { disposeTargets, setTargets } from './targets';

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

function setOf(labelCount: number, seed: number, { classes }: SetLossRecipe): Set {
  const scoring = classes === 'softmax' ? 'softmax' : 'sigmoid';
  const named = scoring === 'softmax' ? COLUMNS - 1 : COLUMNS;
  return {
    prediction: {
      queries: QUERIES,
      columns: COLUMNS,
      scoring,
      logits: numbers(QUERIES * COLUMNS, seed).map((v) => 4 * v),
      boxes: boxes(QUERIES, seed + 100),
    },
    labels: {
      classes: Array.from(numbers(labelCount, seed + 200), (v) => Math.floor(((v + 1) / 2) * named)),
      boxes: boxes(labelCount, seed + 300),
    },
  };
}

interface Set {
  prediction: SetPrediction;
  labels: Labels;
}

const setsOf = (recipe: SetLossRecipe): Set[] => COUNTS.map((count, at) => setOf(count, at + 1, recipe));
const packed = (sets: readonly Set[], pick: 'logits' | 'boxes', inner: number): tf.Tensor3D =>
  tf.tensor3d(
    sets.flatMap(({ prediction }) => Array.from(prediction[pick])),
    [sets.length, QUERIES, inner],
  );
const matched = (sets: readonly Set[], recipe: SetLossRecipe) =>
  sets.map(({ prediction, labels }) => ({ labels, match: match(prediction, labels, recipe.match) }));

const weights = { classes: 1.5, l1: 5, giou: 2 };
const RECIPES: SetLossRecipe[] = [
  RT_DETR_LOSS,
  { ...RT_DETR_LOSS, alpha: 0.6, gamma: 1.5, weights },
  DEIMV2_LOSS,
  { ...DEIMV2_LOSS, alpha: 0.5, gamma: 2, weights },
  { ...RT_DETR_LOSS, classes: 'focal', alpha: 0.25, gamma: 2, weights },
  { ...RT_DETR_LOSS, classes: 'focal', alpha: 0.4, gamma: 1.5 },
  { ...RT_DETR_LOSS, classes: 'softmax', noObject: 0.1, weights },
];

describe.each(RECIPES)('$classes, alpha $alpha, gamma $gamma', (recipe) => {
  const sets = setsOf(recipe);

  test('every set as in plain numbers: no labels, some, more than queries', async () => {
    const targets = setTargets(QUERIES, matched(sets, recipe));
    const loss = setLoss(packed(sets, 'logits', COLUMNS), packed(sets, 'boxes', 4), targets, recipe);
    const plain = sets.map(({ prediction, labels }) =>
      plainSetLoss(prediction, labels, match(prediction, labels, recipe.match), recipe),
    );
    for (const part of ['classes', 'boxes'] as const) {
      const values = await loss[part].data();
      plain.forEach((one, set) =>
        expect(relativeL2([values[set]!], [one[part]]), `${part} of set ${set}`).toBeLessThanOrEqual(1e-5),
      );
    }
    expect(plain[0]!.boxes).toBe(0);
  });

  test('gradient to the boxes: finite differences; the class target is a constant', async () => {
    const pairs = matched(sets, recipe);
    const targets = setTargets(QUERIES, pairs);
    const each = numbers(sets.length, 9);
    const total = (l: tf.Tensor, b: tf.Tensor): tf.Scalar => {
      const loss = setLoss(l as tf.Tensor3D, b as tf.Tensor3D, targets, recipe);
      return tf.sum(tf.mul(tf.add(loss.classes, loss.boxes), tf.tensor1d(each)));
    };
    const [toLogits, toBoxes] = tf.grads(total)([packed(sets, 'logits', COLUMNS), packed(sets, 'boxes', 4)]);
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
        return (each[set]! * sum) / Math.max(1, labels.classes.length);
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
    const ofObjects = Array.from(scores).filter((_, i) => recipe.classes !== 'softmax' || i % COLUMNS < COLUMNS - 1);
    expect(ofObjects.every((slope) => slope * each[0]! > 0)).toBe(true);
  });
});

/** The weights of the losses that know the IoU are constants of the gradient (kernels/varifocal); the others' whole loss is differentiated. */
test.each(RECIPES.filter(({ classes }) => classes === 'focal' || classes === 'softmax'))(
  '$classes, gamma $gamma: gradient to the logits by finite differences',
  async (recipe) => {
    const sets = setsOf(recipe);
    const pairs = matched(sets, recipe);
    const targets = setTargets(QUERIES, pairs);
    const total = (l: tf.Tensor): tf.Scalar =>
      tf.sum(setLoss(l as tf.Tensor3D, packed(sets, 'boxes', 4), targets, recipe).classes);
    const got = await tf
      .grad(total)(packed(sets, 'logits', COLUMNS))
      .data();
    const expected = sets.flatMap(({ prediction, labels }, set) =>
      Array.from(prediction.logits, (_, i) => {
        const [above, below] = [1, -1].map((sign) => {
          // Steps that float32 holds exactly enough: the plain loss reads float32 logits and computes in float64.
          const logits = prediction.logits.slice();
          logits[i] = logits[i]! + (sign * 1) / 128;
          return plainSetLoss({ ...prediction, logits }, labels, pairs[set]!.match, recipe).classes;
        }) as [number, number];
        return (above - below) * 64;
      }),
    );
    expect(relativeL2(got, expected)).toBeLessThanOrEqual(1e-3);
  },
);

test('by batch: a layer’s sets are divided by the labels, or the weights, of all its images', async () => {
  const softmax = RECIPES.at(-1)!;
  const two = setsOf(softmax).slice(1, 3); // 3 and 7 labels
  const pairs = matched(two, softmax);
  const twice = [...two, ...two];
  const lossOf = async (options: Parameters<typeof setTargets>[2]): Promise<number[][]> => {
    const targets = setTargets(QUERIES, [...pairs, ...pairs], options);
    const { classes, boxes } = setLoss(packed(twice, 'logits', COLUMNS), packed(twice, 'boxes', 4), targets, softmax);
    return [Array.from(await classes.data()), Array.from(await boxes.data())];
  };
  const [classes, box] = (await lossOf({ scale: 'image' })) as [number[], number[]];
  const [together, boxTogether] = await lossOf({ scale: 'batch', layers: 2 });
  // 3 found and 4 not, and 7 found
  const sums = [3 + 0.1 * 4, 7];
  const all = sums[0]! + sums[1]!;
  const expected = classes.map((value, set) => (value * sums[set % 2]!) / all);
  expect(relativeL2(together!, expected)).toBeLessThanOrEqual(1e-5);
  const expectedBoxes = box.map((value, set) => (value * [3, 7][set % 2]!) / 10);
  expect(relativeL2(boxTogether!, expectedBoxes)).toBeLessThanOrEqual(1e-5);
  expect(() => setTargets(QUERIES, pairs, { scale: 'batch', layers: 3 })).toThrow('expected sets of 3 layers');
});

test.each(RECIPES)('warm steps leave nothing behind: $classes, gamma $gamma', (recipe) => {
  const sets = setsOf(recipe);
  const [logits, points, pairs] = [packed(sets, 'logits', COLUMNS), packed(sets, 'boxes', 4), matched(sets, recipe)];
  const round = (): void => {
    const targets = setTargets(QUERIES, pairs);
    const total = (l: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const loss = setLoss(l as tf.Tensor3D, b as tf.Tensor3D, targets, recipe);
      return tf.add(loss.classes, loss.boxes);
    };
    tf.dispose(tf.grads(total)([logits, points]));
    disposeTargets(targets);
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});

test('a pair that points outside is refused', () => {
  const { labels } = setsOf(RT_DETR_LOSS)[1]!;
  const wrong = { queries: Int32Array.of(7), labels: Int32Array.of(0) };
  expect(() => setTargets(QUERIES, [{ labels, match: wrong }])).toThrow('expected a query below 7');
});
