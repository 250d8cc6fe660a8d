/**
 * The episodes of RT-DETR and D-FINE, which differ in nothing that these tests see: rollouts in one batch are what they are one by
 * one, and without noise it is detection.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { randomNormal } from '../kernels/random-normal/op';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { aroundWarmRounds } from '../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { decoderLayers, type Detector, type Memory } from './detector';
import { openReference as openDFine } from './dfine/testing/reference';
import { reconsider, reconsiderAt, rollOut, type RolloutStep } from './episode';
import { openReference as openRtDetr } from './rtdetr/testing/reference';

const IMAGES = 2;
const ROLLOUTS = 3;
const LIMITS = { min: -5, max: 0 };
const CLOSE = 1e-4;

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
    let memory: Memory;
    /** D */
    let width: number;
    beforeAll(async () => {
      ({ model, image } = await FAMILIES[family]());
      memory = model.encode(image);
      width = model.select(memory).first.hidden.shape[2];
    });

    const noiseFor = (rows: number, seed: number): tf.Tensor3D[] =>
      Array.from({ length: model.layers }, (_, stream) =>
        randomNormal<tf.Rank.R3>([rows, model.queries, width], { seed, stream }),
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
            ).toBeLessThanOrEqual(CLOSE);
      }
    });

    test('without noise it is detection, with the memory that a trace has read too', async () => {
      const trace = model.decode(memory);
      for (const from of [memory, trace.memory]) {
        const steps = run(from, 1, noiseFor(IMAGES, 1).map(tf.zerosLike));
        const layers = decoderLayers(trace);
        expect(steps.length).toBe(layers.length);
        for (const [k, { action, logits, boxes }] of steps.entries()) {
          const { hidden } = layers[k]!;
          expect(relativeL2(await action.data(), await hidden.data()), `queries ${k}`).toBeLessThanOrEqual(CLOSE);
          expect(relativeL2(await logits.data(), await layers[k]!.logits.data()), `logits ${k}`).toBeLessThanOrEqual(
            CLOSE,
          );
          expect(relativeL2(await boxes.data(), await layers[k]!.boxes.data()), `boxes ${k}`).toBeLessThanOrEqual(
            CLOSE,
          );
        }
      }
    });

    test('some queries of every row are reconsidered as all of them are', async () => {
      const episode = model.episode(memory, model.select(memory).first, { rollouts: ROLLOUTS, logStd: LIMITS });
      const steps = rollOut(episode, noiseFor(IMAGES * ROLLOUTS, 6));
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
      const { before, after } = aroundWarmRounds(opened, () => {
        const { value, grads } = tf.engine().gradients(
          () =>
            run(model.encode(image), ROLLOUTS, noiseFor(IMAGES * ROLLOUTS, 8))
              .map(({ logProb }) => tf.mean(logProb))
              .reduce((a, b) => tf.add(a, b)) as tf.Scalar,
          names.map((name) => model.parameters.get(name)),
          undefined,
          true,
        );
        tf.dispose([value, ...grads.filter(Boolean)]);
      });
      expect(after).toEqual(before);
    });
  },
);
