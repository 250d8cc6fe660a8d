/** Distillation on a small model: the objective's gradient, and a student that comes to say what its teacher says. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { trainSettings } from '../lib/train-settings';
import type { LayerTrace, Trace } from '../models/detector';
import { loadDetector } from '../models/load';
import { initialPatchModel } from '../models/stepdetr/initial';
import { gradientsOf } from '../nn/tape';
import type { Taught } from './batch';
import { distilObjective } from './distil-objective';
import { readPredictions } from './predictions';
import { createTeach } from './teacher';
import { CLASSES, SMALL, smallBatch, smallLearner } from './testing';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** B images, Q queries, C class columns, N places: all different. */
const [B, Q, C, N] = [2, 5, 3, 7];
const LAYERS = 2;

const unit = (count: number, seed: number): Float32Array => numbers(count, seed).map((x) => 0.5 + 0.4 * x);

/** Boxes well inside of the picture. */
const boxes = (count: number, seed: number): Float32Array =>
  unit(count * 4, seed).map((x, i) => (i % 4 < 2 ? x : 0.2 + x / 4));

/** Numbers of boxes that differ, none among them. */
const TAUGHT: Taught[] = [3, 0].map((count, image) => ({
  boxes: boxes(count, 31 + image),
  scores: unit(count * C, 41 + image),
  dense: unit(N * C, 51 + image),
}));

interface Answer {
  /** [layers B,Q,C] */
  logits: Float32Array;
  /** [layers B,Q,4] */
  boxes: Float32Array;
  /** [B,N,C] */
  dense: Float32Array;
}

const ANSWER: Answer = {
  logits: numbers(LAYERS * B * Q * C, 1).map((x) => 2 * x),
  boxes: boxes(LAYERS * B * Q, 2),
  dense: numbers(B * N * C, 3).map((x) => 2 * x),
};

function traceOf(logits: tf.Tensor, places: tf.Tensor, dense: tf.Tensor): Trace {
  const layer = (x: tf.Tensor, at: number): tf.Tensor3D => tf.slice(x, [at * B, 0, 0], [B, Q, -1]) as tf.Tensor3D;
  const layers = Array.from({ length: LAYERS }, (_, at): LayerTrace => {
    const answer = { logits: layer(logits, at), boxes: layer(places, at) };
    return { layer: at === 0 ? 'select' : at, ...answer, hidden: answer.boxes };
  });
  const memory = { tokens: tf.zeros<tf.Rank.R3>([B, N, 1]), shapes: [[N, 1]] as [number, number][] };
  return { memory, topk: tf.zeros([B, Q]), first: layers[0]!, layers, extras: { 'select.logits': dense } };
}

const SETTINGS = trainSettings('distil', { distilClass: 1.5, distilBox: 0.5, distilDense: 2 });

async function lossOf(
  answer: Answer,
  taught: readonly Taught[] = TAUGHT,
): Promise<{ loss: number; gradients: Float32Array[] }> {
  const inputs = [
    tf.tensor3d(answer.logits, [LAYERS * B, Q, C]),
    tf.tensor3d(answer.boxes, [LAYERS * B, Q, 4]),
    tf.tensor3d(answer.dense, [B, N, C]),
  ];
  const { loss, gradients } = await gradientsOf(async () => {
    const trace = traceOf(inputs[0]!, inputs[1]!, inputs[2]!);
    const predictions = await readPredictions(trace.layers, 'sigmoid');
    return { loss: distilObjective(trace, predictions, taught, SETTINGS, { noObject: 0.1 }), value: [] };
  }, inputs);
  const read = await Promise.all(gradients.map(async (each) => (await each.data()) as Float32Array));
  const value = (await loss.data())[0]!;
  tf.dispose([...inputs, loss, ...gradients]);
  return { loss: value, gradients: read };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Cross-entropy of one score, weighted by the squared distance. */
const column = (x: number, t: number): number =>
  (Math.log(1 + Math.exp(-Math.abs(x))) + Math.max(x, 0) - x * t) * (sigmoid(x) - t) ** 2;

describe('the objective', () => {
  test('is the sum that it says: every score once, and dense scores by what is there', async () => {
    const nobody = TAUGHT.map(({ dense }) => ({
      boxes: new Float32Array(0),
      scores: new Float32Array(0),
      dense: dense!,
    }));
    let classes = 0;
    for (const x of ANSWER.logits) classes += column(x, 0);
    const targets = TAUGHT.flatMap(({ dense }) => Array.from(dense!));
    const dense = targets.reduce((sum, t, at) => sum + column(ANSWER.dense[at]!, t), 0);
    const expected = (1.5 * classes) / B + (2 * dense) / targets.reduce((a, b) => a + b, 0);
    const { loss: got } = await lossOf(ANSWER, nobody);
    expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-5 * expected);
  });

  test.each(['logits', 'boxes', 'dense'] as const)('its gradient agrees with differences: %s', async (name) => {
    const { gradients } = await lossOf(ANSWER);
    const gradient = gradients[['logits', 'boxes', 'dense'].indexOf(name)]!;
    // The numbers that matter most, and one that matters little.
    const order = [...gradient.keys()].sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!));
    const step = 2e-3;
    for (const at of [order[0]!, order[3]!, order.at(-1)!]) {
      const [up, down] = [ANSWER[name].slice(), ANSWER[name].slice()];
      up[at]! += step;
      down[at]! -= step;
      const [above, below] = [await lossOf({ ...ANSWER, [name]: up }), await lossOf({ ...ANSWER, [name]: down })];
      const difference = (above.loss - below.loss) / (up[at]! - down[at]!);
      expect(Math.abs(difference - gradient[at]!), `${name}[${at}]`).toBeLessThanOrEqual(
        2e-2 * Math.max(Math.abs(difference), Math.abs(gradient[order[0]!]!) / 10),
      );
    }
  });
});

/** A picture with a bright square. */
function picture(side: number): ImageData {
  const image = new ImageData(side, side);
  image.data.forEach((_, i) => {
    const [x, y] = [(i >> 2) % side, Math.floor((i >> 2) / side)];
    image.data[i] = i % 4 === 3 ? 255 : x > side / 3 && y > side / 2 ? 230 - 40 * (i % 4) : 60;
  });
  return image;
}

/** A teacher of another size, with more queries, another order of classes and one of its own, that is sure of something. */
function otherTeacher() {
  const classes = ['newt', 'horse', 'Cat '];
  const files = initialPatchModel(7, classes, { ...SMALL, image_size: 96, queries: 9, width: 24, heads: 3 });
  const teacher = loadDetector(files);
  const head = teacher.classHeads.at(-1)!;
  teacher.parameters.set(head.bias, tf.tensor1d([0.5, 2, -3]));
  return teacher;
}

test('of a class that the teacher does not know nothing is taught', async () => {
  const known = Float32Array.of(1, 0, 1);
  const { gradients } = await lossOf(
    ANSWER,
    TAUGHT.map((each) => ({ ...each, known })),
  );
  for (const gradient of [gradients[0]!, gradients[2]!])
    [0, 1, 2].forEach((column) => {
      const sum = gradient.reduce((total, x, at) => total + (at % C === column ? Math.abs(x) : 0), 0);
      if (column === 1) expect(sum).toBe(0);
      else expect(sum).toBeGreaterThan(0);
    });
});

describe('a teacher', () => {
  test('speaks of the classes that the student has, at the places that it has, and leaves no tensor', async () => {
    const teacher = otherTeacher();
    const before = tf.memory().numTensors;
    const shapes: [number, number][] = [
      [4, 4],
      [2, 2],
    ];
    const taught = await createTeach({ teacher, classes: CLASSES, shapes })(picture(64));
    expect(tf.memory().numTensors).toBe(before);
    expect([taught.boxes.length, taught.scores.length]).toEqual([9 * 4, 9 * CLASSES.length]);
    expect(Array.from(taught.known!)).toEqual([1, 0, 1]);
    expect(taught.dense!.length).toBe(20 * CLASSES.length);
    for (let box = 0; box < 9; box++) {
      const [cat, dog, newt] = taught.scores.subarray(3 * box, 3 * box + 3);
      // It knows no dog, and is surer of the newt.
      expect(dog).toBe(0);
      expect(newt!).toBeGreaterThan(cat!);
      expect(cat!).toBeGreaterThan(0);
    }
    teacher.dispose();
  });
});

test('a student comes to say what it is taught, also on images that nobody labelled', async () => {
  const learner = smallLearner('distil', { learningRate: 3e-3, classRate: 1, clipNorm: 0 });
  const taught = [3, 1].map((count, image) => ({
    boxes: boxes(count, 61 + image),
    scores: unit(count * CLASSES.length, 71 + image),
    dense: unit(20 * CLASSES.length, 81 + image),
  }));
  const losses: number[] = [];
  for (let step = 1; step <= 15; step++) {
    const { items, memory } = smallBatch();
    const unlabelled = items.map((item, at) => (at === 0 ? { ...item, labels: null } : item));
    const { figures } = await learner.step(step, { items: unlabelled, memory: memory!, taught });
    memory!.tokens.dispose();
    expect(figures.applied).toBe(true);
    expect(figures.distilLoss).not.toBeNull();
    losses.push(figures.distilLoss!);
    // Labels have no part in it.
    expect(Math.abs(figures.loss - figures.distilLoss!)).toBeLessThanOrEqual(1e-5 * figures.loss);
  }
  console.log(`distillation: ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)} in 15 steps`);
  expect(losses.at(-1)!).toBeLessThanOrEqual(0.85 * losses[0]!);
  learner.dispose();
});
