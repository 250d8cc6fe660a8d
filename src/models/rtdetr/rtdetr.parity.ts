/** RT-DETR (basic and bottleneck backbones) and RT-DETRv2 against PyTorch: every layer, the losses, every gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { decoderLayers } from '../detector';
import { expectBackward } from '../testing/backward';
import { pairLabels } from '../testing/reference';
import { FORWARD_RUNS } from '../testing/runs';
import { FOLDERS, openReference, type Reference } from './testing/reference';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const HIDDEN = 1e-3;
/** Buffers, not parameters: the backbone's frozen batch norms and constants. Under `grad.` stand their values. */
const BUFFERS = /\.normalization\.(weight|bias)$|\.n_points_scale$/;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere).each(FOLDERS)(`%s (${WHY_SKIPPED} otherwise)`, (folder) => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference(folder);
  });

  const difference = async (tensor: tf.Tensor, name: string): Promise<number> =>
    maxDifference(await tensor.data(), reference.cases.float32(name));

  test.each(FORWARD_RUNS)('forward, $name: the selection and every layer', async ({ forward }) => {
    const { model, image } = reference;
    const trace = forward(model, image, { dense: true });
    const [selection] = trace.layers;
    expect(await difference(trace.extras['select.logits']!, 'enc.all_logits')).toBeLessThanOrEqual(LOGITS);
    expect(await difference(selection!.logits, 'enc.topk_logits')).toBeLessThanOrEqual(LOGITS);
    expect(await difference(selection!.boxes, 'enc.topk_boxes')).toBeLessThanOrEqual(BOXES);
    for (const [k, { hidden, logits, boxes }] of decoderLayers(trace).entries()) {
      expect(await difference(hidden, `layer.${k}.hidden`), `hidden ${k}`).toBeLessThanOrEqual(HIDDEN);
      expect(await difference(logits, `layer.${k}.logits`), `logits ${k}`).toBeLessThanOrEqual(LOGITS);
      expect(await difference(boxes, `layer.${k}.boxes`), `boxes ${k}`).toBeLessThanOrEqual(BOXES);
    }
  });

  test('backward: every loss and every gradient, the backbone’s too', () =>
    expectBackward({
      ...reference,
      labels: pairLabels(reference.cases),
      losses: 13,
      skip: BUFFERS,
    }));
});
