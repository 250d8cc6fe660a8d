/** Discrete sampling (RT-DETRv2, section 3.1) against plain loops, and what a query looked at. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { LevelShape } from '../../nn/geometry';
import { decoderLayers } from '../detector';
import { gather, nearestCells } from './cross-attention';
import { openReference } from './testing/reference';

const SHAPES: LevelShape[] = [
  [5, 7],
  [3, 4],
  [2, 1],
];
const POINTS = [3, 1, 2];
const [BATCH, QUERIES, HEADS, SAMPLES, DEPTH] = [2, 5, 2, 6, 4];
const CELLS = 5 * 7 + 3 * 4 + 2;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** The level of sample k. */
const levelOf = (k: number): number => POINTS.flatMap((count, level) => Array<number>(count).fill(level))[k]!;

/** Reads, for every sample, the cell at int(x w + 0.5), int(y h + 0.5), kept inside; [B,Q,M*d]. */
function discreteReference(value: Float32Array, places: Float32Array, weights: Float32Array): Float32Array {
  const out = new Float32Array(BATCH * QUERIES * HEADS * DEPTH);
  const starts = SHAPES.map((_, level) => SHAPES.slice(0, level).reduce((sum, [h, w]) => sum + h * w, 0));
  const cut = (place: number, cells: number): number =>
    Math.min(Math.max(Math.trunc(place * cells + 0.5), 0), cells - 1);
  for (let row = 0; row < BATCH * QUERIES * HEADS; row++)
    for (let k = 0; k < SAMPLES; k++) {
      const at = row * SAMPLES + k;
      const [h, w] = SHAPES[levelOf(k)]!;
      const cell = starts[levelOf(k)]! + cut(places[at * 2 + 1]!, h) * w + cut(places[at * 2]!, w);
      const [batch, head] = [Math.floor(row / (QUERIES * HEADS)), row % HEADS];
      for (let d = 0; d < DEPTH; d++)
        out[row * DEPTH + d]! += weights[at]! * value[((batch * CELLS + cell) * HEADS + head) * DEPTH + d]!;
    }
  return out;
}

/** Some lie outside the image. */
const places = (): Float32Array => numbers(BATCH * QUERIES * HEADS * SAMPLES * 2, 4).map((x) => x * 0.8 + 0.5);

test('discrete sampling reads one cell', async () => {
  const value = numbers(BATCH * CELLS * HEADS * DEPTH, 1);
  const weights = numbers(BATCH * QUERIES * HEADS * SAMPLES, 2);
  const at = places();
  expect(at.some((x) => x < 0) && at.some((x) => x > 1)).toBe(true);
  const cells = nearestCells(tf.tensor5d(at, [BATCH, QUERIES, HEADS, SAMPLES, 2]), POINTS, SHAPES);
  const looked = { places: cells, weights: tf.tensor4d(weights, [BATCH, QUERIES, HEADS, SAMPLES]) };
  const c = { heads: HEADS, points: POINTS, offsetScale: 0.5, discrete: true };
  const mixed = gather(tf.tensor3d(value, [BATCH, CELLS, HEADS * DEPTH]), looked, c, SHAPES);
  expect(maxDifference(await mixed.data(), discreteReference(value, at, weights))).toBeLessThanOrEqual(1e-4);
});

describe.skipIf(!sharedIsHere)(`of a model (${WHY_SKIPPED} otherwise)`, () => {
  test('a discrete RT-DETRv2 differs from the usual one, and its offsets get no gradient', async () => {
    const usual = await openReference('rt_detr_v2');
    const discrete = await openReference('rt_detr_v2', { decoder_method: 'discrete' });
    const last = async ({ model, image }: typeof usual): Promise<ArrayLike<number>> =>
      decoderLayers(model.decode(model.encode(image)))
        .at(-1)!
        .logits.data();
    const difference = maxDifference(await last(discrete), await last(usual));
    expect(difference).toBeGreaterThan(1e-2);
    expect(difference).toBeLessThanOrEqual(100);
    const slope = async ({ model, image }: typeof usual, part: string): Promise<number> => {
      const memory = model.encode(image);
      const loss = (): tf.Scalar => tf.sum(tf.square(model.decode(memory).layers[1]!.hidden));
      const name = `model.decoder.layers.0.encoder_attn.${part}.weight`;
      const { grads } = tf.engine().gradients(loss, [model.parameters.get(name)], undefined, true);
      return grads[0] ? Math.hypot(...(await grads[0].data())) : 0;
    };
    expect(await slope(usual, 'sampling_offsets')).toBeGreaterThan(0);
    expect(await slope(discrete, 'sampling_offsets')).toBe(0);
    expect(await slope(discrete, 'attention_weights')).toBeGreaterThan(0);
  });

  test('views show places and weights of every layer', async () => {
    const { model, image } = await openReference('rt_detr_r18');
    const memory = model.encode(image);
    const layers = decoderLayers(model.decode(memory, { views: true }));
    const plain = decoderLayers(model.decode(memory));
    for (const [k, { views, logits }] of layers.entries()) {
      expect(views!.places!.shape).toEqual([2, 20, 4, 12, 2]);
      for (const weights of [views!.weights!, views!.self!]) {
        const rows = await tf.sum(weights, 3).data();
        expect(maxDifference(rows, new Float32Array(rows.length).fill(1))).toBeLessThanOrEqual(1e-5);
      }
      expect(views!.self!.shape).toEqual([2, 4, 20, 20]);
      expect(plain[k]!.views).toBeUndefined();
      expect(maxDifference(await logits.data(), await plain[k]!.logits.data())).toBeLessThanOrEqual(1e-6);
    }
  });
});
