/** DETR against PyTorch (../shared/reference/detr): a padded batch, every layer, every loss and every gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { expectBackward } from '../testing/backward';
import { FORWARD_RUNS } from '../testing/runs';
import type { Detr } from './model';
import { readReference, type Reference } from './testing/reference';
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

describe.skipIf(!sharedIsHere)(`DETR (${WHY_SKIPPED} otherwise)`, () => {
  let model: Detr;
  let cases: Safetensors;
  let reference: Reference;
  beforeAll(async () => {
    reference = await readReference();
    ({ model, cases } = reference);
  });

  const difference = async (tensor: tf.Tensor, name: string): Promise<number> =>
    maxDifference(await tensor.data(), cases.float32(name));

  test.each(FORWARD_RUNS)('forward, $name: every layer, and the last one’s answer', async ({ forward }) => {
    const { image, mask } = reference;
    const { layers } = forward(model, image, {}, { mask });
    expect(layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    for (const [index, { hidden }] of layers.entries())
      expect(await difference(hidden, `layer.${index}.hidden`), `layer ${index}`).toBeLessThanOrEqual(HIDDEN);
    const last = layers[layers.length - 1]!;
    expect(await difference(last.logits, 'out.logits'), 'logits').toBeLessThanOrEqual(LOGITS);
    expect(await difference(last.boxes, 'out.pred_boxes'), 'boxes').toBeLessThanOrEqual(BOXES);
  });

  test('what lies on padding changes nothing', async () => {
    const memory = model.encode(reference.image, { mask: reference.mask });
    const hidden = tf.expandDims(tf.sub(1, memory.mask!), 2);
    const spoilt = { ...memory, tokens: tf.add(memory.tokens, tf.mul(hidden, 100)) as tf.Tensor3D };
    const [plain, other] = [memory, spoilt].map((one) => model.decode(one).layers[2]!.boxes);
    expect(maxDifference(await other!.data(), await plain!.data())).toBeLessThanOrEqual(1e-6);
    expect(Array.from(await memory.ratios!.data())).toEqual([1, 1, 0.75, 1]);
  });

  // PyTorch's answers with the same weights and other settings: `auxiliary_loss` off, and with it `dilation` on.
  test.each([
    ['with its norm only before the heads', variants.plain, {}],
    ['with a dilated last stage', variants.dc5, { dilation: true }],
  ])('forward %s', async (_, expected, changes) => {
    const other = await readReference({ auxiliary_loss: false, ...changes });
    const memory = other.model.encode(other.image, { mask: other.mask });
    expect(memory.tokens.shape[1]).toBe(expected.cells);
    const { logits, boxes } = other.model.decode(memory).layers[2]!;
    expect(maxDifference(await logits.data(), expected.logits)).toBeLessThanOrEqual(LOGITS);
    expect(maxDifference(await boxes.data(), expected.boxes)).toBeLessThanOrEqual(BOXES);
    other.model.dispose();
  });

  test('what each layer looked at: every row sums to one, and nothing of padding', async () => {
    const memory = model.encode(reference.image, { mask: reference.mask });
    const plain = model.decode(memory);
    const { layers } = model.decode(memory, { views: true });
    const onImage = await memory.mask!.data();
    const [cells, heads] = [memory.tokens.shape[1], model.config.decoder.heads];
    for (const [index, { views, boxes }] of layers.entries()) {
      expect(maxDifference(await boxes.data(), await plain.layers[index]!.boxes.data())).toBe(0);
      expect(views!.self!.shape).toEqual([2, heads, model.queries, model.queries]);
      expect(views!.cross!.shape).toEqual([2, heads, model.queries, cells]);
      for (const weights of [views!.self!, views!.cross!]) {
        const sums = await tf.sum(weights, 3).data();
        expect(maxDifference(sums, new Float32Array(sums.length).fill(1))).toBeLessThanOrEqual(1e-5);
      }
      const cross = await views!.cross!.data();
      const perImage = cross.length / 2;
      const astray = cross.filter((_, at) => onImage[Math.floor(at / perImage) * cells + (at % cells)] === 0);
      expect(astray.length).toBeGreaterThan(0);
      expect(Math.max(...astray)).toBe(0);
    }
  });

  test('backward: every loss and every gradient', () => expectBackward({ ...reference, losses: 13, skip: FROZEN }));
});
