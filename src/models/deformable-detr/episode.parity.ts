/** Deformable DETR's decoder as an episode, in its three forms: over padded images, learned points and proposed boxes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { Memory } from '../detector';
import { reconsider, rollOut, type RolloutStep } from '../episode';
import type { DeformableDetr } from './model';
import { KINDS, readReference } from './testing/reference';

const IMAGES = 2;
const ROLLOUTS = 3;
const LIMITS = { min: -5, max: 0 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere).each(KINDS)(`the episode of %s (${WHY_SKIPPED} otherwise)`, (kind) => {
  let model: DeformableDetr;
  let memory: Memory;
  beforeAll(async () => {
    const reference = await readReference(kind);
    ({ model } = reference);
    memory = model.encode(reference.image, { mask: reference.mask });
  });

  const noiseFor = (rows: number, seed: number): tf.Tensor3D[] =>
    Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([rows, model.queries, model.config.width], { seed, stream }),
    );
  const run = (from: Memory, rollouts: number, noise: tf.Tensor3D[]): RolloutStep[] =>
    rollOut(model.episode(from, model.select(from).first, { rollouts, logStd: LIMITS }), noise);
  const rowOf = <T extends tf.Tensor>(x: T, row: number): T => tf.slice(x, [row], [1]);

  test('without noise it is detection, in every layer', async () => {
    const steps = run(memory, 1, noiseFor(IMAGES, 1).map(tf.zerosLike));
    const { layers } = model.decode(memory);
    expect(steps.length).toBe(layers.length);
    for (const [k, { logits, boxes, action }] of steps.entries()) {
      const { hidden, ...expected } = layers[k]!;
      expect(relativeL2(await action.data(), await hidden.data()), `queries ${k}`).toBeLessThanOrEqual(1e-4);
      expect(relativeL2(await logits.data(), await expected.logits.data()), `logits ${k}`).toBeLessThanOrEqual(1e-4);
      expect(relativeL2(await boxes.data(), await expected.boxes.data()), `boxes ${k}`).toBeLessThanOrEqual(1e-4);
    }
  });

  test('rows are images, each with its rollouts', async () => {
    const noise = noiseFor(IMAGES * ROLLOUTS, 5);
    const together = run(memory, ROLLOUTS, noise);
    for (const row of [0, 2, 4]) {
      const image = Math.floor(row / ROLLOUTS);
      const { tokens, mask, ratios, shapes } = memory;
      const own: Memory = {
        shapes,
        tokens: rowOf(tokens, image),
        mask: rowOf(mask!, image),
        ratios: rowOf(ratios!, image),
      };
      const alone = run(
        own,
        1,
        noise.map((part) => rowOf(part, row)),
      );
      for (const [k, step] of alone.entries())
        for (const name of ['action', 'logits', 'boxes'] as const)
          expect(
            relativeL2(await rowOf(together[k]![name], row).data(), await step[name].data()),
            `row ${row}, layer ${k}, ${name}`,
          ).toBeLessThanOrEqual(1e-4);
    }
  });

  test('the values of a trace serve rollouts as well', async () => {
    const noise = noiseFor(IMAGES * ROLLOUTS, 5);
    const [plain, other] = [memory, model.decode(memory).memory].map((one) => run(one, ROLLOUTS, noise).at(-1)!.logits);
    expect(maxDifference(await other!.data(), await plain!.data())).toBeLessThanOrEqual(1e-5);
  });

  test('decoding from what the selection gives is decoding', async () => {
    const { first } = model.select(memory);
    const [own, other] = [model.decode(memory).layers, model.decodeFrom(memory, first)];
    expect(other.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    expect(maxDifference(await other[2]!.boxes.data(), await own[2]!.boxes.data())).toBe(0);
    const fewer = { hidden: rowOf(tf.transpose(first.hidden, [1, 0, 2]), 0), boxes: first.boxes };
    if (!model.config.twoStage)
      expect(() => model.decodeFrom(memory, fewer)).toThrow('expected 12 learned queries, got 2');
  });

  test('reconsidered by a model that shares the weights, an action has the probability that it was taken with', async () => {
    const { first } = model.select(memory);
    const steps = rollOut(model.episode(memory, first, { rollouts: 2, logStd: LIMITS }), noiseFor(IMAGES * 2, 6));
    const twin = model.sharing(model.parameters);
    const episode = twin.episode(memory, first, { rollouts: 2, logStd: LIMITS });
    for (const [k, step] of steps.entries()) {
      const { logProb } = reconsider(episode, k, step);
      expect(relativeL2(await logProb.data(), await step.logProb.data()), `layer ${k}`).toBeLessThanOrEqual(1e-6);
    }
    twin.dispose();
    expect(model.parameters.get(model.policy[0]!).isDisposed).toBe(false);
  });

  test('warm rollouts and their gradients leave nothing behind', () => {
    const names = model.rules.filter(({ group }) => group === 'decoder').map(({ name }) => name);
    const { before, after } = aroundWarmRounds(opened, () => {
      const { value, grads } = tf.engine().gradients(
        () =>
          run(memory, ROLLOUTS, noiseFor(IMAGES * ROLLOUTS, 8))
            .map(({ logProb }) => tf.mean(logProb))
            .reduce((a, b) => tf.add(a, b)) as tf.Scalar,
        names.map((name) => model.parameters.get(name)),
        undefined,
        true,
      );
      tf.dispose([value, ...grads.filter((gradient) => gradient)]);
    });
    expect(after).toEqual(before);
  });
});
