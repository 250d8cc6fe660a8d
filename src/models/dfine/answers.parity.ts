/**
 * D-FINE against PyTorch where ../shared/reference/d_fine does not reach (testing/make_answers.py): every layer's answers and the
 * backbone's gradients, of the reference with its backbone awake and of a model with two levels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { dot } from '../../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { TensorSource } from '../../lib/tensor-source';
import { chainBack } from '../../nn/testing/chain-back';
import { decoderLayers, selectionOf, type Trace } from '../detector';
import { readDFineConfig } from './config';
import { DFine } from './model';
import { dFineRules } from './parameters';
import awake from './testing/awake.json';
import nano from './testing/nano.json';
import { openReference, type Reference } from './testing/reference';
import { wave, waveSource } from './testing/wave';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const CORNERS = 1e-3;
/** Relative. */
const GRADIENT = 1e-2;
/** Of the largest gradient, at most: an affine block's is one sum over all cells, most of which cancels in float32. */
const ROUNDING = 1e-5;

type Subject = Pick<Reference, 'model' | 'weights' | 'image'>;

interface Expected {
  logits: number[][];
  boxes: number[][];
  corners: number[][];
  grads: Record<string, number[]>;
}

/** The reference with every affine block's scale 1 more. */
function openAwake(): Promise<Subject> {
  return openReference((weights) => ({
    name: weights.name,
    names: weights.names,
    shape: (name) => weights.shape(name),
    float32: (name) => weights.float32(name).map((value) => (name.endsWith('.lab.scale') ? value + 1 : value)),
  }));
}

function openNano(): Promise<Subject> {
  const classes = Array.from({ length: nano.config.num_labels }, (_, id) => `class ${id}`);
  const rules = dFineRules(readDFineConfig(nano.config, classes.length));
  const weights: TensorSource = waveSource(rules.filter(({ group }) => group !== 'policy'));
  const model = DFine.load({ config: nano.config, preprocessor: undefined, classes, weights });
  const planes = tf.tensor4d(wave(2 * 3 * 64 * 96, 5), [2, 3, 64, 96]);
  return Promise.resolve({ model, weights, image: tf.transpose(planes, [0, 2, 3, 1]) }); // B,C,H,W -> B,H,W,C
}

interface Answers {
  logits: tf.Tensor3D;
  boxes: tf.Tensor3D;
}

/** The pre-bbox head's and every layer's. */
const answersOf = (trace: Trace): Answers[] => [
  { logits: trace.extras['pre.logits'] as tf.Tensor3D, boxes: trace.extras['pre.boxes'] as tf.Tensor3D },
  ...decoderLayers(trace),
];

/** Norm, and how much lies along cos i. */
const summary = (values: Float32Array): [number, number] => [
  Math.sqrt(dot(values, values)),
  dot(
    values,
    values.map((_, i) => Math.cos(i)),
  ),
];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

async function expectAnswers({ model, image }: Subject, expected: Expected): Promise<void> {
  const trace = model.decode(model.encode(image));
  const answers = answersOf(trace);
  expect(answers.length).toBe(expected.logits.length);
  const first = (x: tf.Tensor3D) => tf.slice(x, [0, 0, 0], [1, -1, -1]).data();
  for (const [k, { logits, boxes }] of answers.entries()) {
    expect(maxDifference(await first(logits), expected.logits[k]!), `logits ${k}`).toBeLessThanOrEqual(LOGITS);
    expect(maxDifference(await first(boxes), expected.boxes[k]!), `boxes ${k}`).toBeLessThanOrEqual(BOXES);
  }
  for (const [k, numbers] of expected.corners.entries()) {
    const corners = await tf.slice(trace.extras[`layer.${k}.corners`]!, [0, 0, 0], [1, 1, numbers.length]).data();
    expect(maxDifference(corners, numbers), `corners ${k}`).toBeLessThanOrEqual(CORNERS);
    const reference = await trace.extras[`layer.${k}.reference`]!.data();
    expect(maxDifference(reference, await answers[0]!.boxes.data()), `reference ${k}`).toBe(0);
  }
}

async function expectGradients({ model, image, weights }: Subject, { grads: wanted }: Expected): Promise<void> {
  const rules = model.rules.filter(({ parts }) => parts.some(({ tensor }) => tensor in wanted));
  const meanSquare = (x: tf.Tensor): tf.Scalar => tf.mean(tf.square(x));
  const { grads } = tf.engine().gradients(
    () => {
      const trace = model.decode(model.encode(image, { backbone: true }));
      const answers: Answers[] = [selectionOf(trace)!, ...answersOf(trace)];
      return answers
        .flatMap(({ logits, boxes }) => [meanSquare(logits), meanSquare(boxes)])
        .reduce((a, b) => tf.add(a, b));
    },
    rules.map(({ name }) => model.parameters.get(name)),
  );
  const values = await Promise.all(grads.map(async (gradient) => (await gradient.data()) as Float32Array));
  const ours = chainBack(rules, values, weights);
  const rounding = ROUNDING * Math.max(...Object.values(wanted).map(([norm]) => norm!));
  for (const [tensor, [norm, along]] of Object.entries(wanted)) {
    const [ownNorm, ownAlong] = summary(ours.get(tensor)!);
    const most = Math.max(rounding, GRADIENT * norm!);
    expect(Math.abs(ownNorm - norm!), tensor).toBeLessThanOrEqual(most);
    expect(Math.abs(ownAlong - along!), `${tensor} along cos i`).toBeLessThanOrEqual(most);
  }
}

describe.skipIf(!sharedIsHere)(`the reference, awake (${WHY_SKIPPED} otherwise)`, () => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await openAwake();
  });

  test('forward: the pre-bbox head and every layer', () => expectAnswers(subject, awake));
  test('backward: the backbone, and the attention of the encoder', () => expectGradients(subject, awake));

  test('an affine block that was trained is read as it is now', async () => {
    const { model, image } = subject;
    const name = 'model.backbone.model.encoder.stages.2.blocks.0.aggregation.1.lab.scale';
    const twice = tf.mul(model.parameters.get(name), 2);
    const trained = model.sharing(model.parameters.with(new Map([[name, twice]])));
    const [before, after] = [model.encode(image).tokens, trained.encode(image).tokens];
    const traced = trained.encode(image, { backbone: true }).tokens;
    expect(relativeL2(await after.data(), await traced.data())).toBeLessThanOrEqual(1e-5);
    expect(relativeL2(await after.data(), await before.data())).toBeGreaterThan(1e-2);
  });
});

describe('two levels', () => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await openNano();
  });

  test('forward: the pre-bbox head and every layer', () => expectAnswers(subject, nano));
  test('backward: the backbone, and the attention of the encoder', () => expectGradients(subject, nano));

  test('views are probabilities and lie where the layers looked; with them the answers are the same', async () => {
    const { model, image } = subject;
    const memory = model.encode(image);
    const [plain, seen] = [model.decode(memory), model.decode(memory, { views: true })];
    for (const [k, { boxes, views }] of decoderLayers(seen).entries()) {
      expect(decoderLayers(plain)[k]!.views).toBeUndefined();
      expect(maxDifference(await boxes.data(), await decoderLayers(plain)[k]!.boxes.data())).toBeLessThanOrEqual(1e-6);
      const { places, weights, self, edges } = views!;
      expect(places!.shape).toEqual([2, 10, 4, 9, 2]);
      const sums = [weights!, self!, edges!].map((x) => tf.sum(x, x.rank - 1));
      for (const sum of sums)
        expect(maxDifference(await sum.data(), Array(sum.size).fill(1))).toBeLessThanOrEqual(1e-5);
      const corners = tf.reshape(seen.extras[`layer.${k}.corners`]!, edges!.shape);
      expect(maxDifference(await edges!.data(), await tf.softmax(corners).data())).toBeLessThanOrEqual(1e-5);
    }
  });
});
