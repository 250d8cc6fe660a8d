/** Deformable DETR in its three forms against PyTorch: a padded batch, every layer, every loss and every gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { expectBackward } from '../testing/backward';
import { FORWARD_RUNS } from '../testing/runs';
import { DeformableDetr } from './model';
import { KINDS, readReference, singleScale, type Reference } from './testing/reference';
import variants from './testing/variants.json';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const HIDDEN = 1e-3;
/** What the reference has in the place of gradients of its frozen batch norms: their weights again. */
const FROZEN = /\.(bn\d|downsample\.1)\./;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere).each(KINDS)(`%s (${WHY_SKIPPED} otherwise)`, (kind) => {
  let model: DeformableDetr;
  let cases: Safetensors;
  let reference: Reference;
  beforeAll(async () => {
    reference = await readReference(kind);
    ({ model, cases } = reference);
  });

  const difference = async (tensor: tf.Tensor, name: string): Promise<number> =>
    maxDifference(await tensor.data(), cases.float32(name));

  test.each(FORWARD_RUNS)('forward, $name: every layer, and the last one’s answer', async ({ forward }) => {
    const { image, mask } = reference;
    const { layers } = forward(model, image, {}, { mask });
    expect(layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    const last = layers[2]!;
    for (const [index, { hidden }] of layers.entries())
      expect(await difference(hidden, `layer.${index}.hidden`), `layer ${index}`).toBeLessThanOrEqual(HIDDEN);
    expect(await difference(last.logits, 'out.logits'), 'logits').toBeLessThanOrEqual(LOGITS);
    expect(await difference(last.boxes, 'out.pred_boxes'), 'boxes').toBeLessThanOrEqual(BOXES);
  });

  test('what lies on padding changes nothing', async () => {
    const memory = model.encode(reference.image, { mask: reference.mask });
    const hidden = tf.expandDims(tf.sub(1, memory.mask!), 2);
    const spoilt = { ...memory, tokens: tf.add(memory.tokens, tf.mul(hidden, 100)) as tf.Tensor3D };
    const [plain, other] = [memory, spoilt].map((one) => model.decode(one).layers[2]!.boxes);
    expect(maxDifference(await other!.data(), await plain!.data())).toBeLessThanOrEqual(1e-6);
    // 12 of 16, 6 of 8, 3 of 4 and, as torch's nearest pixel has it, 2 of 2 columns
    const ratios = [1, 1, 1, 1, 1, 1, 1, 1, 0.75, 1, 0.75, 1, 0.75, 1, 1, 1];
    expect(Array.from(await memory.ratios!.data())).toEqual(ratios);
  });

  test('without a mask it is a mask of ones', async () => {
    const image = tf.slice(reference.image, [0, 0, 0, 0], [1, -1, -1, -1]);
    const ones = tf.ones([1, 96, 128]) as tf.Tensor3D;
    const [bare, masked] = [model.encode(image), model.encode(image, { mask: ones })];
    expect(bare.mask).toBeUndefined();
    const [one, other] = [bare, masked].map((memory) => model.decode(memory).layers[2]!);
    expect(maxDifference(await one!.boxes.data(), await other!.boxes.data())).toBeLessThanOrEqual(1e-5);
    expect(maxDifference(await one!.logits.data(), await other!.logits.data())).toBeLessThanOrEqual(1e-4);
  });

  test('what each layer looked at', async () => {
    const memory = model.encode(reference.image, { mask: reference.mask });
    const plain = model.decode(memory);
    const { layers } = model.decode(memory, { views: true });
    const { heads, points } = model.config.decoder;
    const samples = points.reduce((a, b) => a + b);
    for (const [index, { views, boxes }] of layers.entries()) {
      expect(maxDifference(await boxes.data(), await plain.layers[index]!.boxes.data())).toBe(0);
      expect(views!.places!.shape).toEqual([2, 12, heads, samples, 2]);
      for (const [weights, shape] of [
        [views!.weights!, [2, 12, heads, samples]],
        [views!.self!, [2, heads, 12, 12]],
      ] as const) {
        expect(weights.shape).toEqual(shape);
        const sums = await tf.sum(weights, 3).data();
        expect(maxDifference(sums, new Float32Array(sums.length).fill(1))).toBeLessThanOrEqual(1e-5);
      }
    }
  });

  test('backward: every loss and every gradient', () => expectBackward({ ...reference, losses: 13, skip: FROZEN }));
});

describe.skipIf(!sharedIsHere)(`the proposals of two stages (${WHY_SKIPPED} otherwise)`, () => {
  test.each(FORWARD_RUNS)('are PyTorch’s, $name; the chosen ones are those of all tokens', async ({ forward }) => {
    const { model, cases, image, mask } = await readReference('deformable_detr_two_stage');
    const { first, topk, extras, layers } = forward(model, image, { dense: true }, { mask });
    const logits = extras['proposals.logits'] as tf.Tensor3D;
    expect(maxDifference(await logits.data(), cases.float32('enc.all_logits'))).toBeLessThanOrEqual(LOGITS);
    const chosen = gatherTokens(extras['proposals.boxes'] as tf.Tensor3D, topk!);
    expect(maxDifference(await first.boxes.data(), await chosen.data())).toBeLessThanOrEqual(1e-6);
    // by the first class column, best first
    const scores = (await tf.slice(gatherTokens(logits, topk!), [0, 0, 0], [1, -1, 1]).data()) as Float32Array;
    expect(Array.from(scores)).toEqual(Array.from(scores).sort((a, b) => b - a));
    expect(layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    model.dispose();
  });
});

// PyTorch's answers for the first reference's weights, cut down to one level.
describe.skipIf(!sharedIsHere).each([
  ['at stride 32', variants.single, {}],
  ['with a dilated last stage', variants.dc5, { dilation: true }],
])(`Deformable DETR of a single level, %s (${WHY_SKIPPED} otherwise)`, (_, expected, changes) => {
  test('forward', async () => {
    const { image, mask, ...files } = await singleScale(changes);
    const model = DeformableDetr.load({ ...files, preprocessor: undefined });
    const memory = model.encode(image, { mask });
    expect(memory.tokens.shape[1]).toBe(expected.cells);
    const { logits, boxes } = model.decode(memory).layers[2]!;
    expect(maxDifference(await logits.data(), expected.logits)).toBeLessThanOrEqual(LOGITS);
    expect(maxDifference(await boxes.data(), expected.boxes)).toBeLessThanOrEqual(BOXES);
    model.dispose();
  });
});
