/** Attention inside a level with clusters against the exact one, in the families that have it. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { ClusterSettings } from '../../lib/clusters';
import { gradientsOf } from '../../nn/tape';
import type { Detector } from '../detector';
import { openReference as openDFine } from '../dfine/testing/reference';
import { disposeMemory } from '../encode-image';
import { openReference as openRtDetr } from '../rtdetr/testing/reference';

/** Every cell its own cluster. */
const NARROW: ClusterSettings = { rounds: 16, width: 1e-3, seed: 3 };
/** Of stride 32 in 96 x 128 pixels. */
const SHAPE = [3, 4];
const CELLS = 12;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Widths that some cells of the reference's random weights are near enough for. */
const FAMILIES = [
  { name: 'RT-DETR', width: 400, open: () => openRtDetr('rt_detr_r18') },
  { name: 'D-FINE', width: 20, open: () => openDFine() },
];

describe.skipIf(!sharedIsHere).each(FAMILIES)(`$name with clusters (${WHY_SKIPPED} otherwise)`, ({ open, width }) => {
  const some: ClusterSettings = { rounds: 3, width, seed: 2 };
  let model: Detector;
  let image: tf.Tensor4D;
  let exact: Float32Array;
  beforeAll(async () => {
    ({ model, image } = await open());
    exact = (await model.encode(image).tokens.data()) as Float32Array;
  });

  const encode = (settings: ClusterSettings) => model.encodeClustered!(image, settings);

  test('every cell its own cluster: exact attention', async () => {
    const { memory, layers } = await encode(NARROW);
    expect(layers.map(({ images }) => images.map(({ clusters }) => clusters))).toEqual([[CELLS, CELLS]]);
    expect(layers[0]!.shape).toEqual(SHAPE);
    expect(memory.shapes).toEqual(model.encode(image).shapes);
    expect(maxDifference(await memory.tokens.data(), exact)).toBeLessThanOrEqual(1e-5);
  });

  test('some clusters: fewer, and another answer that is near', async () => {
    const { memory, layers } = await encode(some);
    for (const { tokens, clusters, of } of layers[0]!.images) {
      expect(tokens).toBe(CELLS);
      expect(clusters).toBeGreaterThan(1);
      expect(clusters).toBeLessThan(CELLS);
      expect(new Set(of).size).toBe(clusters);
    }
    const apart = relativeL2(await memory.tokens.data(), exact);
    expect(apart).toBeGreaterThan(1e-6);
    expect(apart).toBeLessThanOrEqual(0.5);
  });

  test('gradients: those of exact attention where every cell is its own cluster', async () => {
    const names = model.rules.filter(({ group }) => group === 'encoder').map(({ name }) => name);
    const xs = names.map((name) => model.parameters.get(name));
    const gradients = async (encoded: () => Promise<tf.Tensor3D>): Promise<Float32Array[]> => {
      const done = await gradientsOf(async () => {
        const tokens = await encoded();
        return { loss: tf.mean(tf.mul(tokens, tf.abs(tokens))) as tf.Scalar, value: {} };
      }, xs);
      const values = await Promise.all(done.gradients.map(async (one) => (await one.data()) as Float32Array));
      tf.dispose([done.loss, ...done.gradients]);
      return values;
    };
    const wanted = await gradients(() => Promise.resolve(model.encode(image).tokens));
    const got = await gradients(async () => (await encode(NARROW)).memory.tokens);
    const most = Math.max(...wanted.map((one) => Math.hypot(...one)));
    let compared = 0;
    for (const [index, gradient] of got.entries()) {
      const length = Math.hypot(...wanted[index]!);
      // a key's bias moves all scores alike: its gradient is rounding
      if (length <= 1e-6 * most) expect(Math.hypot(...gradient)).toBeLessThanOrEqual(1e-6 * most);
      else {
        expect(relativeL2(gradient, wanted[index]!), names[index]).toBeLessThanOrEqual(1e-3);
        if (names[index]!.includes('self_attn.')) compared++;
      }
    }
    // weights of the four projections, and biases of three at least
    expect(compared).toBeGreaterThanOrEqual(5);
  });

  test('warm rounds leave nothing behind', async () => {
    const round = async (): Promise<void> => disposeMemory((await encode(some)).memory);
    await round();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 2; i++) await round();
    expect(tf.memory().numTensors).toBe(before);
  });
});
