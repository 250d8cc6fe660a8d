/** The episode of the small StepDETR over patches: rollouts in one batch are what they are one by one. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import {
  expectDetection,
  expectReconsidered,
  expectRowsAlone,
  IMAGES,
  LIMITS,
  noiseFor,
  rolledOut,
  ROLLOUTS,
  subjectOf,
  takeGradients,
  type Subject,
} from '../testing/episodes';
import type { StepDetr } from './model';
import { openPatches } from './testing/patches';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`StepDETR's episode (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let subject: Subject;
  beforeAll(async () => {
    const patches = await openPatches();
    model = patches.model;
    subject = subjectOf(model, model.encode(patches.image));
  });

  test('rows are images, each with its rollouts', () => expectRowsAlone(subject, [0, 2, 4]));

  test('without noise it is detection', () => expectDetection(subject, model.decode(subject.memory)));

  test('the same seed gives the same rollouts, another one others', async () => {
    const last = async (seed: number): Promise<Float32Array> =>
      (await rolledOut(subject, ROLLOUTS, noiseFor(subject, IMAGES * ROLLOUTS, seed))
        .at(-1)!
        .logits.data()) as Float32Array;
    const [one, again, other] = [await last(3), await last(3), await last(4)];
    expect(relativeL2(again, one)).toBe(0);
    expect(relativeL2(other, one)).toBeGreaterThan(1e-4);
  });

  test('reconsidered, an action has the probability that it was taken with', () =>
    expectReconsidered(subject, ROLLOUTS));

  test('a log_std outside its limits counts as the limit and gets no gradient', async () => {
    const { memory } = subject;
    const name = 'layers.0.log_std';
    const slope = async (logStd: { min: number; max: number }): Promise<number> => {
      const episode = model.episode(memory, model.select(memory).first, { rollouts: 1, logStd });
      const [gradient] = tf
        .engine()
        .gradients(() => tf.sum(episode.policy(0, episode.start()).logStd), [model.parameters.get(name)]).grads;
      return Math.max(...(await gradient!.data()));
    };
    expect(await slope(LIMITS)).toBe(1);
    expect(await slope({ min: -1, max: 0 })).toBe(0);
    const { logStd } = model
      .episode(memory, model.select(memory).first, { rollouts: 1, logStd: { min: -1, max: 0 } })
      .policy(0, model.episode(memory, model.select(memory).first, { rollouts: 1, logStd: LIMITS }).start());
    expect(new Set(await logStd.data())).toEqual(new Set([-1]));
  });

  test('warm rollouts and their gradients leave nothing behind', async () => {
    const names = model.parameters.names().filter((name) => name.startsWith('layers.'));
    const { before, after } = aroundWarmRounds(opened, () => takeGradients(subject, names));
    expect(after).toEqual(before);
  });

  test('noise that does not fit is refused', () => {
    expect(() => rolledOut(subject, ROLLOUTS, noiseFor(subject, IMAGES, 1))).toThrow('expected noise of step 0 [6,');
    expect(() => rolledOut(subject, 1, noiseFor(subject, IMAGES, 1).slice(1))).toThrow(
      `expected ${model.layers} noise tensors`,
    );
    expect(() => rolledOut(subject, 0, [])).toThrow('expected at least 1 rollout, got 0');
  });
});
