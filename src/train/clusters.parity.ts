/** Learning with a clustered encoder: a student with clusters comes back to its exact self, and nothing is left behind. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labelsOf } from '../data/config-file';
import { readSafetensors } from '../data/safetensors';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { apart } from '../lib/clusters';
import { clustersOf, trainSettings, type TrainSettings } from '../lib/train-settings';
import type { TrainingImage } from '../lib/training';
import type { Detector } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { inputOf } from '../models/input';
import { loadDetector } from '../models/load';
import { disposeBatch } from './batch';
import { HeldOut } from './held-out';
import { Learner } from './learner';
import { createTeach } from './teacher';
import { smallLearner } from './testing';
import { Views } from './views';

/** About half as many clusters as cells. */
const CLUSTERS = { clusters: 3, clusterWidth: 20 };
const STEPS = 40;
const SIDES = { width: 256, height: 192 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

async function openDetr(): Promise<Detector> {
  const json = async (file: string): Promise<Record<string, unknown>> =>
    JSON.parse(new TextDecoder().decode(await sharedBytes(`reference/detr/${file}`))) as Record<string, unknown>;
  const config = await json('config.json');
  const size = { shortest_edge: SIDES.height, longest_edge: SIDES.width };
  return loadDetector({
    config,
    preprocessor: { ...(await json('preprocessor_config.json')), size },
    classes: labelsOf(config),
    weights: readSafetensors(await sharedBytes('reference/detr/model.safetensors'), 'model.safetensors'),
    backbone: undefined,
  });
}

/** Patches of a few colours. */
function picture(): ImageData {
  const image = new ImageData(SIDES.width, SIDES.height);
  image.data.forEach((_, i) => {
    const [x, y] = [(i >> 2) % SIDES.width, Math.floor((i >> 2) / SIDES.width)];
    const patch = Math.floor(x / 70) + 3 * Math.floor(y / 50);
    image.data[i] = i % 4 === 3 ? 255 : (patch * 97 * (1 + (i % 4)) + (x ^ y)) % 256;
  });
  return image;
}

async function trainingImage(): Promise<TrainingImage> {
  const canvas = new OffscreenCanvas(SIDES.width, SIDES.height);
  canvas.getContext('2d')!.putImageData(picture(), 0, 0);
  const file = new File([await canvas.convertToBlob()], 'a.png');
  const labels = { classes: [1], boxes: Float32Array.of(0.5, 0.5, 0.4, 0.4) };
  return { id: 'a', name: 'a.png', file, split: 'train', labels };
}

const distil = (changed: Partial<TrainSettings> = {}): TrainSettings =>
  trainSettings('distil', {
    ...CLUSTERS,
    batch: 1,
    warmup: 0,
    learningRate: 2e-4,
    classRate: 1,
    clipNorm: 0,
    ...changed,
  });

/** Last layer's boxes and logits, and the memory. */
async function answer(detector: Detector, settings: TrainSettings): Promise<Float32Array[]> {
  const input = inputOf(detector.preprocessing, picture());
  const { memory } = await encodeImage(detector, input, clustersOf(settings));
  const tensors = tf.tidy(() => {
    const { boxes, logits } = detector.decode(memory).layers.at(-1)!;
    return [boxes, logits];
  });
  const read = await Promise.all([...tensors, memory.tokens].map(async (one) => (await one.data()) as Float32Array));
  tf.dispose([input, ...tensors]);
  disposeMemory(memory);
  return read;
}

describe.skipIf(!sharedIsHere)(`DETR (${WHY_SKIPPED} otherwise)`, () => {
  let teacher: Detector;
  let exact: Float32Array[];
  beforeAll(async () => {
    teacher = await openDetr();
    exact = await answer(teacher, distil({ clusters: 0 }));
  });

  test('taught by its exact self, the clustered student comes nearer to it', async () => {
    const settings = distil({ encoder: 'trained', distilClass: 0, distilBox: 0, distilMemory: 1, steps: STEPS });
    const learner = new Learner(await openDetr(), settings);
    /** Of boxes, logits and memory. */
    const difference = async (): Promise<number[]> =>
      (await answer(learner.detector, settings)).map((one, at) => apart(one, exact[at]!).mean);
    const teach = createTeach({ teacher, classes: teacher.classes, shapes: null, memory: true });
    const taught = await teach(picture());
    const before = await difference();
    const encoder = (await learner.state()).get('parameter.model.encoder.layers.0.self_attn.q_proj.weight')!.data;
    const item = { id: 'a', name: 'a', labels: null };
    const losses: number[] = [];
    let warm = 0;
    for (let step = 1; step <= STEPS; step++) {
      const images = inputOf(learner.detector.preprocessing, picture());
      const { figures } = await learner.step(step, { items: [item], images, taught: [taught] });
      images.dispose();
      expect(figures.applied).toBe(true);
      losses.push(figures.distilLoss!);
      if (step === 2) warm = tf.memory().numTensors;
    }
    expect(tf.memory().numTensors).toBe(warm);
    const after = await difference();
    console.log(`boxes, logits, memory: ${before.join(', ')} to ${after.join(', ')} in ${STEPS} steps`);
    for (const [at, most] of [0.5, 0.5, 0.9].entries()) expect(after[at]!).toBeLessThanOrEqual(most * before[at]!);
    expect(losses.at(-1)!).toBeLessThanOrEqual(0.8 * losses[0]!);
    const moved = (await learner.state()).get('parameter.model.encoder.layers.0.self_attn.q_proj.weight')!.data;
    expect(maxDifference(moved, encoder)).toBeGreaterThan(1e-5);
    learner.dispose();
  });

  test('with a frozen encoder views are encoded with clusters', async () => {
    const settings = distil({ views: 1 });
    const views = new Views(teacher, [await trainingImage()], settings);
    await views.open(() => undefined);
    const batch = await views.batch([{ image: 0, view: 0 }]);
    const got = (await batch.memory!.tokens.data()) as Float32Array;
    const [, , clustered] = await answer(teacher, settings);
    // the photo has been a PNG in between
    expect(apart(got, clustered!).relative).toBeLessThanOrEqual(1e-3);
    expect(apart(got, exact[2]!).relative).toBeGreaterThan(1e-2);
    disposeBatch(batch);
    views.dispose();
  });

  test('the measure on held-out images is that of the clustered encoder', async () => {
    const image = await trainingImage();
    const measured = async (settings: TrainSettings, frozen: boolean): Promise<Float32Array> => {
      const held = new HeldOut([image], teacher.classes, { frozen, clusters: clustersOf(settings) });
      const turn = <T>(work: () => Promise<T>): Promise<T> => work();
      await held.measure(teacher, 0, turn, () => undefined);
      const before = tf.memory().numTensors;
      const { detections } = await held.measure(teacher, 1, turn, () => undefined);
      expect(tf.memory().numTensors).toBe(before);
      return detections.images['a']!.layers.at(-1)!.boxes;
    };
    const [clustered] = await answer(teacher, distil());
    for (const frozen of [true, false]) {
      expect(apart(await measured(distil(), frozen), clustered!).greatest).toBeLessThanOrEqual(1e-3);
      expect(apart(await measured(distil({ clusters: 0 }), frozen), exact[0]!).greatest).toBeLessThanOrEqual(1e-3);
    }
    expect(apart(clustered!, exact[0]!).greatest).toBeGreaterThan(2e-3);
  });
});

test('an encoder without dense attention is refused before anything is trained', () => {
  expect(() => smallLearner('supervised', { clusters: 8 })).toThrow('clusters');
});
