/**
 * Two images of unlike sizes as one batch, against PyTorch and against each image alone (testing/make_unlike_sizes.py).
 *
 * Padded as pixels, an image's answers are not those it has alone: the convolutions at its border see other padding, and Deformable
 * DETR's group norms count it. PyTorch's answers differ as ours do, by up to 0.13 (DETR), 0.6 and 2 in the logits here. Padded as a
 * memory, where the encoder is frozen, an image keeps its answers; but a two-stage model's selection may choose cells of the
 * padding, which all score the same, as the reference's may: there only the decoder is held against the image alone.
 *
 * B images, Q queries, C classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../data/safetensors';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { dot } from '../kernels/testing/gradients';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import type { TensorSource } from '../lib/tensor-source';
import type { Detector, First, LayerTrace } from '../models/detector';
import { tensorSource, type PlainTensor } from '../models/tensors';
import { gradientsOf } from '../nn/tape';
import { chainBack } from '../nn/testing/chain-back';
import { joinMemories, keepMemory } from './memories';
import { padImages } from './pad-images';
import { openShared } from './testing/checkpoints';
import expected from './testing/unlike-sizes.json';

const LOGITS = 1e-3;
const BOXES = 1e-4;
/** Of the gradient's norm. */
const GRADIENT = 1e-2;
/** [height, width] of the two images; make_unlike_sizes.py has the same. */
const SIZES = [
  [80, 128],
  [96, 96],
] as const;
const KINDS = ['detr', 'deformable_detr', 'deformable_detr_two_stage'] as const;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const BATCH_NORM = /\.(?:bn\d|downsample\.1)\.(weight|bias)$/;

/** Every batch norm with gain 0.5 and bias 0.1: the reference's residual branches end in gains of 0, as timm begins. */
function awake(weights: TensorSource): TensorSource {
  const tensors = new Map<string, PlainTensor>();
  for (const name of weights.names) {
    const kind = BATCH_NORM.exec(name)?.[1];
    const shape = weights.shape(name);
    if (kind) tensors.set(name, { shape, data: new Float32Array(shape[0]!).fill(kind === 'weight' ? 0.5 : 0.1) });
  }
  return tensorSource('awake', tensors, weights);
}

interface Answer {
  logits: Float32Array;
  boxes: Float32Array;
}

/** The last layer's, of each image. */
async function answersOf(layers: readonly LayerTrace[]): Promise<Answer[]> {
  const { logits, boxes } = layers.at(-1)!;
  const [one, other] = [(await logits.data()) as Float32Array, (await boxes.data()) as Float32Array];
  const [batch, , columns] = logits.shape;
  const part = (values: Float32Array, image: number): Float32Array =>
    values.subarray((image * values.length) / batch, ((image + 1) * values.length) / batch);
  expect(columns).toBeGreaterThan(0);
  return Array.from({ length: batch }, (_, image) => ({ logits: part(one, image), boxes: part(other, image) }));
}

function expectSame(got: Answer, wanted: { logits: ArrayLike<number>; boxes: ArrayLike<number> }, what: string): void {
  expect(maxDifference(got.logits, wanted.logits), `${what}: logits`).toBeLessThanOrEqual(LOGITS);
  expect(maxDifference(got.boxes, wanted.boxes), `${what}: boxes`).toBeLessThanOrEqual(BOXES);
}

const joined = (each: readonly First[]): First => ({
  hidden: tf.concat(each.map(({ hidden }) => hidden)),
  boxes: tf.concat(each.map(({ boxes }) => boxes)),
});

describe.skipIf(!sharedIsHere).each(KINDS)(`%s (${WHY_SKIPPED} otherwise)`, (kind) => {
  let model: Detector;
  let weights: TensorSource;
  /** [1,h,w,3] each */
  let images: tf.Tensor4D[];
  let alone: Answer[];
  beforeAll(async () => {
    model = await openShared(`reference/${kind}`, (file) => (weights = awake(file)));
    const cases = readSafetensors(await sharedBytes(`reference/${kind}/cases.safetensors`), kind);
    const shape = cases.shape('input.pixel_values') as [number, number, number, number];
    const all = tf.transpose(tf.tensor4d(cases.float32('input.pixel_values'), shape), [0, 2, 3, 1]); // B,C,H,W -> B,H,W,C
    images = SIZES.map(([h, w], image) => tf.slice(all, [image, 0, 0, 0], [1, h, w, 3]));
    const each = images.map((image) => answersOf(model.decode(model.encode(image)).layers));
    alone = (await Promise.all(each)).flat();
  });

  test('alone', () => {
    alone.forEach((answer, image) => expectSame(answer, expected[kind].alone[image]!, `image ${image}`));
  });

  test('padded to one batch', async () => {
    const { images: batch, mask } = padImages(images);
    expect(batch.shape).toEqual([2, 96, 128, 3]);
    const answers = await answersOf(model.decode(model.encode(batch, { mask: mask! })).layers);
    answers.forEach((answer, image) => expectSame(answer, expected[kind].padded[image]!, `image ${image}`));
  });

  test('padded to one batch, backward: every convolution of the backbone', async () => {
    const { images: batch, mask } = padImages(images);
    const rules = model.rules.filter(({ group }) => group === 'backbone');
    const { gradients } = await gradientsOf(
      async () => {
        const { logits, boxes } = model.decode(model.encode(batch, { mask: mask!, backbone: true })).layers.at(-1)!;
        const squares = [logits, boxes].map((x) => tf.mean(tf.square(x)));
        return { loss: tf.add(squares[0]!, squares[1]!) as tf.Scalar, value: [] };
      },
      rules.map(({ name }) => model.parameters.get(name)),
    );
    const values = await Promise.all(gradients.map(async (gradient) => (await gradient.data()) as Float32Array));
    const ours = chainBack(rules, values, weights);
    const grads = Object.entries<number[]>(expected[kind].grads);
    const convolutions = [...ours.keys()].filter((tensor) => /(conv\d|downsample\.0)\.weight$/.test(tensor));
    expect(grads.length).toBe(convolutions.length);
    for (const [name, [norm, along]] of grads) {
      const own = ours.get(convolutions.find((tensor) => tensor.endsWith(`.model.${name}`))!)!;
      const cosines = own.map((_, i) => Math.cos(i));
      expect(norm, name).toBeGreaterThan(0);
      expect(Math.abs(Math.sqrt(dot(own, own)) - norm!) / norm!, name).toBeLessThanOrEqual(GRADIENT);
      expect(Math.abs(dot(own, cosines) - along!) / norm!, `${name} along cos i`).toBeLessThanOrEqual(GRADIENT);
    }
  });

  test('their memories joined: the answers of each alone', async () => {
    const memories = images.map((image) => model.encode(image));
    const memory = joinMemories(await Promise.all(memories.map(keepMemory)));
    expect(memory.mask).toBeDefined();
    const chosen = joined(memories.map((own) => model.select(own).first));
    const answers = await answersOf(
      kind === 'deformable_detr_two_stage' ? model.decodeFrom(memory, chosen) : model.decode(memory).layers,
    );
    answers.forEach((answer, image) => expectSame(answer, alone[image]!, `image ${image}`));
  });
});
