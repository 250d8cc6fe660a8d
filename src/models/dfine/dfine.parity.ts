/** D-FINE against PyTorch: the selection, every layer, the losses, every gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { decoderLayers, selectionOf } from '../detector';
import { expectBackward } from '../testing/backward';
import { pairLabels } from '../testing/reference';
import { FORWARD_RUNS } from '../testing/runs';
import { openReference, type Reference } from './testing/reference';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const HIDDEN = 1e-3;
/**
 * Buffers, of which the reference's file holds the values, since they have no gradient; and the attention weights of the encoder:
 * the random backbone's features hardly differ from cell to cell, so their gradients are 1e-6 of the largest one, which is
 * rounding. answers.parity.ts compares them, and the backbone's.
 */
const SKIPPED = /\.num_points_scale$|\.normalization\.(weight|bias)$|encoder\.0\.layers\.0\.self_attn\.[kq]_proj/;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`D-FINE (${WHY_SKIPPED} otherwise)`, () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference();
  });

  const difference = async (tensor: tf.Tensor, name: string): Promise<number> =>
    maxDifference(await tensor.data(), reference.cases.float32(name));

  test.each(FORWARD_RUNS)('forward, $name: the selection and every layer', async ({ forward }) => {
    const { model, image } = reference;
    const trace = forward(model, image, { dense: true });
    const selection = selectionOf(trace)!;
    expect(await difference(trace.extras['select.logits']!, 'enc.all_logits')).toBeLessThanOrEqual(LOGITS);
    expect(await difference(selection.logits, 'enc.topk_logits')).toBeLessThanOrEqual(LOGITS);
    expect(await difference(selection.boxes, 'enc.topk_boxes')).toBeLessThanOrEqual(BOXES);
    const layers = decoderLayers(trace);
    for (const [k, { hidden }] of layers.entries())
      expect(await difference(hidden, `layer.${k}.hidden`), `hidden ${k}`).toBeLessThanOrEqual(HIDDEN);
    // in evaluation the reference predicts in the last layer alone
    const last = layers[layers.length - 1]!;
    expect(await difference(last.logits, 'out.logits')).toBeLessThanOrEqual(LOGITS);
    expect(await difference(last.boxes, 'out.pred_boxes')).toBeLessThanOrEqual(BOXES);
  });

  test('backward: every loss and every gradient', () =>
    expectBackward({
      ...reference,
      labels: pairLabels(reference.cases),
      losses: 7,
      skip: SKIPPED,
      answers: ({ layers }) => [layers[0]!, layers[layers.length - 1]!],
    }));
});
