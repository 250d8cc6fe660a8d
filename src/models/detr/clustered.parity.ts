/** DETR's encoder with clusters against the exact one. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { exactFlops } from '../../nn/clusters/cost';
import type { ClusterSettings } from '../../lib/clusters';
import { gradientsOf } from '../../nn/tape';
import type { Memory } from '../detector';
import { readReference, type Reference } from './testing/reference';

/** Every token its own cluster. */
const NARROW: ClusterSettings = { rounds: 16, width: 1e-3, seed: 3 };
/** One cluster of them all. */
const WIDE: ClusterSettings = { rounds: 1, width: 1e9, seed: 3 };
/** Of the reference's random weights some tokens are near enough for this. */
const SOME: ClusterSettings = { rounds: 4, width: 20, seed: 2 };
/** The first image's 12 cells, and the second's 9 without its padding. */
const CELLS = [12, 9];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`DETR with clusters (${WHY_SKIPPED} otherwise)`, () => {
  let reference: Reference;
  let exact: Memory;
  beforeAll(async () => {
    reference = await readReference();
    exact = reference.model.encode(reference.image, { mask: reference.mask });
  });

  /** Of tokens on the image: what is on padding nobody reads. */
  const onImage = (tokens: tf.Tensor3D): Promise<Float32Array> =>
    tf.mul(tokens, tf.expandDims(exact.mask!, 2)).data() as Promise<Float32Array>;

  const encode = (settings: ClusterSettings) =>
    reference.model.encodeClustered(reference.image, settings, { mask: reference.mask });

  test('every token its own cluster: exact attention, and the same detections', async () => {
    const { memory, layers } = await encode(NARROW);
    expect(layers.map(({ images }) => images.map(({ clusters }) => clusters))).toEqual([CELLS, CELLS]);
    expect(maxDifference(await onImage(memory.tokens), await onImage(exact.tokens))).toBeLessThanOrEqual(1e-5);
    const [got, wanted] = [memory, exact].map((one) => reference.model.decode(one).layers[2]!.boxes);
    expect(maxDifference(await got!.data(), await wanted!.data())).toBeLessThanOrEqual(1e-5);
  });

  test('some clusters: fewer, in the order of their tokens, another answer that is near', async () => {
    const { memory, layers } = await encode(SOME);
    for (const { images, flops } of layers) {
      for (const [image, { tokens, clusters, of }] of images.entries()) {
        expect(tokens).toBe(CELLS[image]);
        expect(clusters).toBeLessThan(tokens);
        expect(clusters).toBeGreaterThan(1);
        expect(of.filter((cluster) => cluster === -1).length).toBe(12 - tokens);
        expect(new Set(of.filter((cluster) => cluster >= 0)).size).toBe(clusters);
      }
      const width = reference.model.config.width;
      expect(flops.exact).toBe(exactFlops({ tokens: 12, width }) + exactFlops({ tokens: 9, width }));
    }
    const apart = relativeL2(await onImage(memory.tokens), await onImage(exact.tokens));
    expect(apart).toBeGreaterThan(1e-3);
    expect(apart).toBeLessThanOrEqual(0.5);
    const again = await encode(SOME);
    expect(maxDifference(await again.memory.tokens.data(), await memory.tokens.data())).toBe(0);
  });

  test('one cluster of all: their mean attends', async () => {
    const { layers } = await encode(WIDE);
    for (const { images } of layers) expect(images.map(({ clusters }) => clusters)).toEqual([1, 1]);
  });

  test('without padding there is no mask, and every cell is clustered', async () => {
    const { model, image } = reference;
    const { memory, layers } = await model.encodeClustered(image, NARROW);
    expect(memory.mask).toBeUndefined();
    for (const { images } of layers) expect(images.map(({ clusters }) => clusters)).toEqual([12, 12]);
    const wanted = await model.encode(image).tokens.data();
    expect(maxDifference(await memory.tokens.data(), wanted)).toBeLessThanOrEqual(1e-5);
  });

  /** Gradient of a weighting of the encoder's tokens with respect to the encoder's parameters. */
  async function gradientsWith(encoded: () => Promise<tf.Tensor3D>): Promise<Float32Array[]> {
    const { model } = reference;
    const names = model.rules.filter(({ group }) => group === 'encoder').map(({ name }) => name);
    const weights = tf.expandDims(exact.mask!, 2);
    const { loss, gradients } = await gradientsOf(
      async () => {
        const tokens = tf.mul(await encoded(), weights);
        return { loss: tf.mean(tf.mul(tokens, tf.abs(tokens))) as tf.Scalar, value: {} };
      },
      names.map((name) => model.parameters.get(name)),
    );
    loss.dispose();
    return Promise.all(gradients.map(async (one) => (await one.data()) as Float32Array));
  }

  test('gradients: those of exact attention where every token is its own cluster', async () => {
    const { model, image, mask } = reference;
    const wanted = await gradientsWith(() => Promise.resolve(model.encode(image, { mask }).tokens));
    const got = await gradientsWith(async () => (await encode(NARROW)).memory.tokens);
    const most = Math.max(...wanted.map((one) => Math.hypot(...one)));
    for (const [index, gradient] of got.entries()) {
      const exactOne = wanted[index]!;
      // a key's bias moves all scores alike: its gradient is rounding
      if (Math.hypot(...exactOne) <= 1e-5 * most) expect(Math.hypot(...gradient)).toBeLessThanOrEqual(1e-5 * most);
      else expect(relativeL2(gradient, exactOne), `gradient ${index}`).toBeLessThanOrEqual(1e-3);
    }
  });

  test('gradients through clusters: a step against them lowers what it was to lower', async () => {
    const { model, image, mask } = reference;
    const names = model.rules.filter(({ group }) => group === 'encoder').map(({ name }) => name);
    const xs = names.map((name) => model.parameters.get(name));
    const lossOf = async (of: typeof model): Promise<tf.Scalar> => {
      const { memory } = await of.encodeClustered(image, SOME, { mask });
      const apart = tf.mul(tf.sub(memory.tokens, exact.tokens), tf.expandDims(exact.mask!, 2));
      return tf.mean(tf.square(apart)) as tf.Scalar;
    };
    const { loss, gradients } = await gradientsOf(async () => ({ loss: await lossOf(model), value: {} }), xs);
    const values = await Promise.all(gradients.map(async (one) => (await one.data()) as Float32Array));
    const square = values.reduce((sum, one) => sum + one.reduce((s, g) => s + g * g, 0), 0);
    // small enough that no token changes its cluster
    const rate = 1e-4 / Math.sqrt(square);
    const moved = model.parameters.with(
      new Map(names.map((name, at) => [name, tf.sub(xs[at]!, tf.mul(gradients[at]!, rate))])),
    );
    const [before, after] = [(await loss.data())[0]!, (await (await lossOf(model.sharing(moved))).data())[0]!];
    expect(Math.abs((before - after) / (1e-4 * Math.sqrt(square)) - 1)).toBeLessThanOrEqual(0.1);
  });

  test('warm rounds leave nothing behind but the memory', async () => {
    const round = async (): Promise<void> => {
      const { memory } = await encode(SOME);
      tf.dispose([memory.tokens, memory.mask!, memory.ratios!]);
    };
    await round();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 2; i++) await round();
    expect(tf.memory().numTensors).toBe(before);
  });
});
