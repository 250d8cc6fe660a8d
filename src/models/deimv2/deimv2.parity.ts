/** DEIMv2 Atto and Femto with their COCO weights against PyTorch's answers on two photos, layer by layer. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labelsOf } from '../../data/config-file';
import { readSafetensors, type Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { FORWARD_RUNS } from '../testing/runs';
import { DeimV2 } from './model';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const HIDDEN = 1e-3;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;
}

async function read(path: string): Promise<Safetensors> {
  return readSafetensors(await sharedBytes(path), path);
}

describe.skipIf(!sharedIsHere).each(['deimv2_atto_coco', 'deimv2_femto_coco'])(
  `%s (${WHY_SKIPPED} otherwise)`,
  (id) => {
    let model: DeimV2;
    let cases: Safetensors;
    beforeAll(async () => {
      const config = await json(`weights/${id}/config.json`);
      model = DeimV2.load({
        config,
        preprocessor: await json(`weights/${id}/preprocessor_config.json`),
        classes: labelsOf(config),
        weights: await read(`weights/${id}/model.safetensors`),
      });
      cases = await read(`weights/${id}/cases.safetensors`);
    });

    test.each(FORWARD_RUNS)('encoder, selection and every decoder layer, $name', async ({ forward }) => {
      const shape = cases.shape('input.pixel_values') as [number, number, number, number];
      const image = tf.transpose(tf.tensor4d(cases.float32('input.pixel_values'), shape), [0, 2, 3, 1]); // B,C,H,W -> B,H,W,C
      const { memory, layers, extras } = forward(model, image);
      const difference = async (tensor: tf.Tensor, name: string): Promise<number> =>
        maxDifference(await tensor.data(), cases.float32(name));

      let first = 0;
      for (const [level, [h, w]] of memory.shapes.entries()) {
        const tokens = tf.slice(memory.tokens, [0, first, 0], [-1, h * w, -1]);
        const planes = tf.transpose(tokens, [0, 2, 1]); // B,N,D -> B,D,N
        expect(await difference(planes, `encoder.${level}`), `encoder.${level}`).toBeLessThanOrEqual(HIDDEN);
        first += h * w;
      }

      expect(await difference(layers[0]!.logits, 'enc.topk_logits'), 'enc.topk_logits').toBeLessThanOrEqual(LOGITS);
      expect(await difference(layers[0]!.boxes, 'enc.topk_boxes'), 'enc.topk_boxes').toBeLessThanOrEqual(BOXES);
      for (const [index, { hidden, logits, boxes }] of layers.slice(1).entries()) {
        const name = `layer.${index}`;
        expect(await difference(hidden, `${name}.hidden`), `${name}.hidden`).toBeLessThanOrEqual(HIDDEN);
        expect(await difference(extras[`${name}.corners`]!, `${name}.corners`), `${name}.corners`).toBeLessThanOrEqual(
          HIDDEN,
        );
        expect(await difference(logits, `${name}.logits`), `${name}.logits`).toBeLessThanOrEqual(LOGITS);
        expect(await difference(boxes, `${name}.boxes`), `${name}.boxes`).toBeLessThanOrEqual(BOXES);
      }
      const viewed = model.decode(memory, { views: true }).layers.slice(1);
      for (const [index, { views, boxes }] of viewed.entries()) {
        expect(await difference(boxes, `layer.${index}.boxes`), `layer ${index} with views`).toBeLessThanOrEqual(BOXES);
        for (const shares of [views!.weights!, views!.self!, views!.edges!]) {
          const sums = await tf.sum(shares, -1).data();
          expect(maxDifference(sums, new Float32Array(sums.length).fill(1))).toBeLessThanOrEqual(1e-5);
        }
        expect(views!.places!.shape).toEqual([...views!.weights!.shape, 2]);
      }
      const last = layers[layers.length - 1]!;
      expect(await difference(last.logits, 'out.logits'), 'out.logits').toBeLessThanOrEqual(LOGITS);
      expect(await difference(last.boxes, 'out.pred_boxes'), 'out.pred_boxes').toBeLessThanOrEqual(BOXES);
    });
  },
);
