/** DETR's episode against detection: without noise it is the decoder, and rollouts do not see each other. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { Memory } from '../detector';
import { rollOut } from '../episode';
import {
  CLOSE,
  expectReconsidered,
  firstGradients,
  IMAGES,
  LIMITS,
  noiseFor,
  ROLLOUTS,
  subjectOf,
  type Subject,
} from '../testing/episodes';
import type { Detr } from './model';
import { readReference, type Reference } from './testing/reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

// The hub's form, whose final norm stands between the layers too, and DETR's own.
describe.skipIf(!sharedIsHere).each([true, false])(
  `DETR's episode, auxiliary_loss %s (${WHY_SKIPPED} otherwise)`,
  (auxiliary) => {
    let reference: Reference;
    let model: Detr;
    let memory: Memory;
    let subject: Subject;
    beforeAll(async () => {
      reference = await readReference({ auxiliary_loss: auxiliary });
      model = reference.model;
      memory = model.encode(reference.image, { mask: reference.mask });
      subject = subjectOf(model, memory);
    });

    test('without noise it is the decoder', async () => {
      const { layers } = model.decode(memory);
      const none = noiseFor(subject, IMAGES * ROLLOUTS, 1).map((one) => tf.zerosLike(one));
      const { first } = model.select(memory);
      const steps = rollOut(model.episode(memory, first, { rollouts: ROLLOUTS, logStd: LIMITS }), none);
      expect(steps.length).toBe(layers.length);
      for (const [k, { policy, logits, boxes }] of steps.entries()) {
        const { hidden, ...predicted } = layers[k]!;
        for (const [got, wanted] of [
          [policy.mean, hidden],
          [logits, predicted.logits],
          [boxes, predicted.boxes],
        ] as const) {
          const values = await wanted.data();
          const each = values.length / IMAGES;
          const repeated = [0, 1].flatMap((image) =>
            Array.from({ length: ROLLOUTS }, () =>
              Array.from(values.subarray(image * each, (image + 1) * each)),
            ).flat(),
          );
          expect(relativeL2(await got.data(), repeated), `layer ${k}`).toBeLessThanOrEqual(CLOSE);
        }
      }
    });

    test('rollouts as a batch are those one by one', async () => {
      const noise = noiseFor(subject, IMAGES * ROLLOUTS, 2);
      const { first } = model.select(memory);
      const together = rollOut(model.episode(memory, first, { rollouts: ROLLOUTS, logStd: LIMITS }), noise);
      for (let rollout = 0; rollout < ROLLOUTS; rollout++) {
        const rows = tf.tensor1d([rollout, ROLLOUTS + rollout], 'int32');
        const own = noise.map((one) => tf.gather(one, rows));
        const alone = rollOut(model.episode(memory, first, { rollouts: 1, logStd: LIMITS }), own);
        for (const [k, step] of alone.entries())
          for (const part of ['action', 'logits', 'boxes', 'logProb'] as const)
            expect(
              relativeL2(await step[part].data(), await tf.gather(together[k]![part] as tf.Tensor, rows).data()),
              `${part} of layer ${k}, rollout ${rollout}`,
            ).toBeLessThanOrEqual(CLOSE);
      }
    });

    test('reconsidered by a model that shares the weights, an action has the probability that it was taken with', () =>
      expectReconsidered(subject, 1));

    test('gradient of the first log probability is that through decode', async () => {
      const names = model.rules
        .map(({ name }) => name)
        .filter((name) => /decoder\.layers\.0\.|query_position/.test(name));
      const { episode, detection } = firstGradients(subject, names);
      for (const [index, gradient] of episode.entries()) {
        // Contents start at zero: what only multiplies them has no gradient, a key's bias moves all scores alike.
        const [got, wanted] = [await gradient.data(), await detection[index]!.data()];
        if (Math.hypot(...wanted) < 1e-4) expect(Math.hypot(...got), names[index]!).toBeLessThanOrEqual(1e-4);
        else expect(relativeL2(got, wanted), names[index] ?? 'log_std').toBeLessThanOrEqual(1e-3);
      }
    });

    test('a row of another number of queries is refused', () => {
      const { first } = model.select(memory);
      const fewer = { hidden: tf.slice(first.hidden, 0, [-1, 3, -1]), boxes: tf.slice(first.boxes, 0, [-1, 3, -1]) };
      expect(() => model.decodeFrom(memory, fewer)).toThrow(`expected queries [R,${model.queries},`);
    });

    test('warm rounds leave nothing behind', () => {
      const { before, after } = aroundWarmRounds(opened, () =>
        tf.tidy(() => {
          model.decode(model.encode(reference.image, { mask: reference.mask }), { views: true });
        }),
      );
      expect(after).toEqual(before);
    });
  },
);
