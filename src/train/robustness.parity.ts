/**
 * What no model may stumble over, in every family: photos of one pixel's height or width, images without labels, more labels than
 * queries. Padding and unlike sizes: unlike-sizes.parity.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { randomNormal } from '../kernels/random-normal/op';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { seededRandom } from '../lib/random';
import type { Labels } from '../lib/set-prediction';
import { trainSettings, type TrainMethod, type TrainSettings } from '../lib/train-settings';
import type { Detector } from '../models/detector';
import { disposeMemory, tidyMemory } from '../models/encode-image';
import { inputOf } from '../models/input';
import type { Batch } from './batch';
import { Learner, type Figures } from './learner';
import { smallDetector } from './testing';
import { openShared } from './testing/checkpoints';

/** Of a photo and of a step; families that take one size only get theirs. */
const SIDES: readonly [number, number] = [96, 128];
/** Half of its own: three levels of 20, 10 and 5 cells a side, more than it has queries. */
const DEIMV2_SIDE = 160;
const FAMILIES: readonly [string, () => Promise<Detector>][] = [
  ['stepdetr', async () => smallDetector()],
  ['weights/deimv2_atto_coco', () => openShared('weights/deimv2_atto_coco', undefined, DEIMV2_SIDE)],
  ...[
    'reference/detr',
    'reference/deformable_detr',
    'reference/deformable_detr_refine',
    'reference/deformable_detr_two_stage',
    'reference/rt_detr_r18',
    'reference/rt_detr_v2',
    'reference/d_fine',
  ].map((folder): [string, () => Promise<Detector>] => [folder, () => openShared(folder)]),
];
const here = FAMILIES.filter(([name]) => sharedIsHere || name === 'stepdetr');
if (here.length < FAMILIES.length) console.warn(WHY_SKIPPED);

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** The references take any size, and are quick at a small one. */
const sizeFor = ({ family, preprocessing }: Detector): readonly [number, number] =>
  family === 'stepdetr' || family === 'deimv2' ? preprocessing.size : SIDES;

function noise(width: number, height: number): ImageData {
  const random = seededRandom(1, 'noise');
  return new ImageData(
    Uint8ClampedArray.from({ length: width * height * 4 }, () => random() * 256).fill(255, 3, 4),
    width,
  );
}

/** 0 where every number is finite, else Infinity. */
const astray = async (tensor: tf.Tensor): Promise<number> => {
  const values = await tensor.data();
  return maxDifference(values, values);
};

async function expectFinite(detector: Detector, photo: ImageData): Promise<void> {
  const { preprocessing } = detector;
  const input = inputOf({ ...preprocessing, ...(preprocessing.fit ? {} : { size: sizeFor(detector) }) }, photo);
  const { layers } = detector.decode(detector.encode(input));
  expect(layers.length).toBeGreaterThanOrEqual(detector.layers);
  for (const { layer, logits, boxes } of layers) {
    expect(await astray(logits), `logits of layer ${layer}, input ${input.shape}`).toBe(0);
    expect(await astray(boxes), `boxes of layer ${layer}, input ${input.shape}`).toBe(0);
  }
}

const NONE: Labels = { classes: [], boxes: new Float32Array(0) };

/** Boxes of all places and sizes. */
function crowd(count: number, classes: number): Labels {
  const random = seededRandom(2, 'crowd');
  const box = (): number[] => [
    0.1 + 0.8 * random(),
    0.1 + 0.8 * random(),
    0.02 + 0.15 * random(),
    0.02 + 0.15 * random(),
  ];
  return {
    classes: Array.from({ length: count }, (_, at) => at % classes),
    boxes: Float32Array.from(Array.from({ length: count }, box).flat()),
  };
}

/** Two images with these labels; the second is narrower where the model takes any shape. The caller disposes its tensors. */
function batchOf(detector: Detector, labels: readonly Labels[], { encoder }: TrainSettings): Batch {
  const [height, width] = sizeFor(detector);
  const items = labels.map((own, at) => ({ id: `${at}`, name: `${at}`, labels: own }));
  const columns = tf.tidy(() => tf.tile(tf.reshape(tf.range(0, width), [1, 1, width]), [2, height, 1]) as tf.Tensor3D);
  const mask = tf.tidy(() => {
    const widths = tf.tensor3d([width, detector.preprocessing.fit ? 0.75 * width : width], [2, 1, 1]);
    return tf.where(tf.less(columns, widths), tf.onesLike(columns), tf.zerosLike(columns));
  });
  const all = randomNormal<tf.Rank.R4>([2, height, width, 3], { seed: 4, stream: 0 });
  const images = tf.tidy(() => tf.mul(all, tf.expandDims(mask, 3)) as tf.Tensor4D);
  tf.dispose([columns, all]);
  const padded = { images, ...(detector.preprocessing.fit ? { mask } : {}) };
  if (encoder === 'trained') return { items, ...padded };
  const memory = tidyMemory(() => detector.encode(images, padded.mask ? { mask } : {}));
  tf.dispose([images, mask]);
  return { items, memory };
}

function expectSound({ applied, loss, gradientNorm, layers }: Figures, what: string): void {
  expect(applied, what).toBe(true);
  for (const [name, value] of [...Object.entries({ loss, gradientNorm }), ...layers.flatMap(Object.entries)])
    if (value !== null) expect(Number.isFinite(value), `${what}: ${name} ${value}`).toBe(true);
}

const RUNS: readonly [TrainMethod, Partial<TrainSettings>][] = [
  ['supervised', { encoder: 'trained' }],
  ['grpo', { encoder: 'frozen' }],
];

describe.each(here)('%s', (_, open) => {
  test.each([
    [300, 1],
    [1, 300],
    [2000, 1],
  ])('a photo %d wide and %d high has finite answers', async (width, height) => {
    const detector = await open();
    await expectFinite(detector, noise(width, height));
    detector.dispose();
  });

  test.each(RUNS)('%s: no labels, and more labels than queries', async (method, changed) => {
    const detector = await open();
    const denoising = detector.learnedQueries ? 0 : 1;
    const settings = trainSettings(method, { batch: 2, rollouts: 2, warmup: 0, steps: 9, denoising, ...changed });
    const learner = new Learner(detector, settings);
    const many = crowd(detector.queries + 5, detector.classes.length);
    const batches = { none: [NONE, NONE], many: [many, many], both: [many, NONE] };
    for (const [at, [what, labels]] of Object.entries(batches).entries()) {
      const batch = batchOf(detector, labels, settings);
      const { figures } = await learner.step(at + 1, batch);
      expectSound(figures, what);
      if (batch.memory) disposeMemory(batch.memory);
      tf.dispose([batch.images ?? [], batch.mask ?? []]);
    }
    for (const [name, { data }] of await learner.weights()) expect(maxDifference(data, data), name).toBe(0);
    learner.dispose();
  });
});
