/**
 * The episodes of RT-DETR and D-FINE, which differ in nothing that these tests see: rollouts in one batch are what they are one by
 * one, and without noise it is detection.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { aroundWarmRounds } from '../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import type { Detector } from './detector';
import { openReference as openDFine } from './dfine/testing/reference';
import { reconsider, reconsiderAt, rollOut } from './episode';
import { openReference as openRtDetr } from './rtdetr/testing/reference';
import {
  CLOSE,
  expectDetection,
  expectRowsAlone,
  IMAGES,
  LIMITS,
  noiseFor,
  ROLLOUTS,
  subjectOf,
  takeGradients,
  type Subject,
} from './testing/episodes';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const FAMILIES = { 'RT-DETR': () => openRtDetr('rt_detr_r18'), 'D-FINE': () => openDFine() };

describe.skipIf(!sharedIsHere).each(['RT-DETR', 'D-FINE'] as const)(
  `%s's episode (${WHY_SKIPPED} otherwise)`,
  (family) => {
    let model: Detector;
    let image: tf.Tensor4D;
    let subject: Subject;
    beforeAll(async () => {
      ({ model, image } = await FAMILIES[family]());
      subject = subjectOf(model, model.encode(image));
    });

    test('rows are images, each with its rollouts', () => expectRowsAlone(subject, [0, 2, 4]));

    test('without noise it is detection, with the memory that a trace has read too', async () => {
      const trace = model.decode(subject.memory);
      for (const memory of [subject.memory, trace.memory]) await expectDetection({ ...subject, memory }, trace);
    });

    test('some queries of every row are reconsidered as all of them are', async () => {
      const { memory } = subject;
      const episode = model.episode(memory, model.select(memory).first, { rollouts: ROLLOUTS, logStd: LIMITS });
      const steps = rollOut(episode, noiseFor(subject, IMAGES * ROLLOUTS, 6));
      const rows = IMAGES * ROLLOUTS;
      const queries = tf.tensor2d(
        Array.from({ length: rows * 4 }, (_, i) => (i * 7 + 3) % model.queries),
        [rows, 4],
        'int32',
      );
      for (const [k, step] of steps.entries()) {
        const whole = reconsider(episode, k, step).logProb;
        expect(relativeL2(await whole.data(), await step.logProb.data()), `layer ${k}`).toBeLessThanOrEqual(1e-6);
        const some = reconsiderAt(episode, k, step, queries).logProb;
        const [all, at] = [await whole.data(), await queries.data()];
        const expected = Array.from(at, (query, i) => all[Math.floor(i / 4) * model.queries + query]!);
        expect(relativeL2(await some.data(), expected), `layer ${k}`).toBeLessThanOrEqual(CLOSE);
      }
    });

    test('warm rollouts and their gradients, encoder and all, leave nothing behind', () => {
      const names = model.rules.filter(({ group }) => group !== 'backbone').map(({ name }) => name);
      const { before, after } = aroundWarmRounds(opened, () =>
        takeGradients(subject, names, () => model.encode(image)),
      );
      expect(after).toEqual(before);
    });
  },
);
