/** The policy's loss from the active queries alone is the loss over all queries, with the same gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { untraced } from '../../kernels/untraced';
import type { Memory } from '../detector';
import { activeQueries, reconsider, reconsiderAt, rollOut, type Episode, type RolloutStep } from '../episode';
import type { StepDetr } from './model';
import { openPatches } from './testing/patches';

const IMAGES = 2;
const ROLLOUTS = 3;
const ROWS = IMAGES * ROLLOUTS;
const LIMITS = { min: -5, max: 0 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`active queries (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let memory: Memory;
  let noise: tf.Tensor3D[];
  /** [R,K,Q]: a few queries in some rows, others in others, none in a whole layer of a row. */
  let advantages: Float32Array;
  let names: string[];

  beforeAll(async () => {
    const patches = await openPatches();
    model = patches.model;
    memory = model.encode(patches.image);
    noise = Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([ROWS, model.queries, model.config.width], { seed: 2, stream }),
    );
    const drawn = numbers(ROWS * model.layers * model.queries, 3);
    advantages = drawn.map((value, i) => (i % 7 === 0 && i % 5 !== 2 ? value : 0));
    advantages.fill(0, 0, model.queries);
    names = model.parameters.names().filter((name) => /^(layers|position)/.test(name));
  });

  const size = (): { rows: number; layers: number; queries: number } => ({
    rows: ROWS,
    layers: model.layers,
    queries: model.queries,
  });

  /** Mean of -A log pi over rows, layers and queries. */
  function wholeLoss(episode: Episode, steps: readonly RolloutStep[]): tf.Scalar {
    const all = tf.stack(
      steps.map((step, k) => reconsider(episode, k, step).logProb),
      1,
    );
    return tf.neg(tf.mean(tf.mul(all, tf.tensor(advantages, all.shape)))) as tf.Scalar;
  }

  function activeLoss(episode: Episode, steps: readonly RolloutStep[]): tf.Scalar {
    const total = steps.map((step, k) => {
      const { count, queries, values } = activeQueries(advantages, size(), k);
      expect(count).toBeLessThanOrEqual(model.queries / 3);
      const { logProb } = reconsiderAt(episode, k, step, tf.tensor2d(queries, [ROWS, count], 'int32'));
      return tf.sum(tf.mul(logProb, tf.tensor2d(values, [ROWS, count])));
    });
    return tf.div(tf.neg(total.reduce((a, b) => tf.add(a, b))), advantages.length) as tf.Scalar;
  }

  type Loss = (episode: Episode, steps: readonly RolloutStep[]) => tf.Scalar;

  /** @param share whether step 0 takes its mean from the path without noise */
  async function learn(loss: Loss, share: boolean, policyAt = true): Promise<Float32Array[]> {
    const { value, grads } = tf.engine().gradients(
      () => {
        const { layers } = model.decode(memory);
        const episode: Episode = {
          ...model.episode(memory, layers[0]!, {
            rollouts: ROLLOUTS,
            logStd: LIMITS,
            firstMean: share ? layers[1]!.hidden : undefined,
          }),
        };
        if (!policyAt) delete episode.policyAt;
        return loss(
          episode,
          untraced(() => rollOut(episode, noise)),
        );
      },
      names.map((name) => model.parameters.get(name)),
    );
    return Promise.all([value, ...grads].map(async (tensor) => (await tensor.data()) as Float32Array));
  }

  test.each([
    ['with a first mean of its own', false, true],
    ['with the first mean of the path without noise', true, true],
    ['of a family that computes all queries', true, false],
  ])('%s', async (_, share, policyAt) => {
    const expected = await learn(wholeLoss, false);
    const got = await learn(activeLoss, share, policyAt);
    expect(got.length).toBe(names.length + 1);
    let moved = 0;
    for (const [at, values] of expected.entries()) {
      // A key's bias moves all scores of a query alike: its gradient is rounding.
      if (names[at - 1]?.endsWith('.key.bias')) continue;
      expect(relativeL2(got[at]!, values), names[at - 1] ?? 'loss').toBeLessThanOrEqual(1e-4);
      if (values.some((value) => value !== 0)) moved++;
    }
    // everything has a gradient but the key biases
    expect(moved).toBe(names.length + 1 - model.layers);
  });
});
