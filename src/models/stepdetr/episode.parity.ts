/** The episode of the small StepDETR over patches: rollouts in one batch are what they are one by one. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { Memory } from '../detector';
import { reconsider, rollOut, type RolloutStep } from '../episode';
import type { StepDetr } from './model';
import { openPatches } from './testing/patches';

const IMAGES = 2;
const ROLLOUTS = 3;
const LIMITS = { min: -5, max: 0 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`StepDETR's episode (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let memory: Memory;
  beforeAll(async () => {
    const patches = await openPatches();
    model = patches.model;
    memory = model.encode(patches.image);
  });

  const noiseFor = (rows: number, seed: number): tf.Tensor3D[] =>
    Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([rows, model.queries, model.config.width], { seed, stream }),
    );
  const run = (from: Memory, rollouts: number, noise: tf.Tensor3D[]): RolloutStep[] =>
    rollOut(model.episode(from, model.select(from).first, { rollouts, logStd: LIMITS }), noise);
  const rowOf = (x: tf.Tensor3D, row: number): tf.Tensor3D => tf.slice(x, [row, 0, 0], [1, -1, -1]);

  test('rows are images, each with its rollouts', async () => {
    const noise = noiseFor(IMAGES * ROLLOUTS, 5);
    const together = run(memory, ROLLOUTS, noise);
    for (const row of [0, 2, 4]) {
      const own = { ...memory, tokens: rowOf(memory.tokens, Math.floor(row / ROLLOUTS)) };
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

  test('without noise it is detection', async () => {
    const steps = run(memory, 1, noiseFor(IMAGES, 1).map(tf.zerosLike));
    const { layers } = model.decode(memory);
    for (const [k, { logits, boxes }] of steps.entries()) {
      expect(relativeL2(await logits.data(), await layers[k + 1]!.logits.data()), `logits ${k}`).toBeLessThanOrEqual(
        1e-4,
      );
      expect(relativeL2(await boxes.data(), await layers[k + 1]!.boxes.data()), `boxes ${k}`).toBeLessThanOrEqual(1e-4);
    }
  });

  test('the same seed gives the same rollouts, another one others', async () => {
    const last = async (seed: number): Promise<Float32Array> =>
      (await run(memory, ROLLOUTS, noiseFor(IMAGES * ROLLOUTS, seed))
        .at(-1)!
        .logits.data()) as Float32Array;
    const [one, again, other] = [await last(3), await last(3), await last(4)];
    expect(relativeL2(again, one)).toBe(0);
    expect(relativeL2(other, one)).toBeGreaterThan(1e-4);
  });

  test('reconsidered at once, an action has the probability that it was taken with', async () => {
    const noise = noiseFor(IMAGES * ROLLOUTS, 6);
    const episode = model.episode(memory, model.select(memory).first, { rollouts: ROLLOUTS, logStd: LIMITS });
    const steps = rollOut(episode, noise);
    for (const [k, step] of steps.entries()) {
      const { logProb } = reconsider(episode, k, step);
      expect(relativeL2(await logProb.data(), await step.logProb.data()), `layer ${k}`).toBeLessThanOrEqual(1e-6);
    }
  });

  test('a log_std outside its limits counts as the limit and gets no gradient', async () => {
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
    const round = (): void => {
      const { value, grads } = tf.engine().gradients(
        () =>
          run(memory, ROLLOUTS, noiseFor(IMAGES * ROLLOUTS, 8))
            .map(({ logProb }) => tf.mean(logProb))
            .reduce((a, b) => tf.add(a, b)) as tf.Scalar,
        names.map((name) => model.parameters.get(name)),
      );
      tf.dispose([value, ...grads]);
    };
    const counts = (): number[] => [tf.memory().numTensors, tf.memory().numBytes, opened.backend.numDataIds()];
    round();
    const before = counts();
    for (let i = 0; i < 3; i++) round();
    expect(counts()).toEqual(before);
  });

  test('noise that does not fit is refused', () => {
    expect(() => run(memory, ROLLOUTS, noiseFor(IMAGES, 1))).toThrow('expected noise of step 0 [6,');
    expect(() => run(memory, 1, noiseFor(IMAGES, 1).slice(1))).toThrow(`expected ${model.layers} noise tensors`);
    expect(() => run(memory, 0, [])).toThrow('expected at least 1 rollout, got 0');
  });
});
