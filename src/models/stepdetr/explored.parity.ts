/** Rollouts that sample some queries of each image, the others on the path without noise: what they say, and their gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { untraced } from '../../kernels/untraced';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import type { Memo } from '../company';
import type { Memory, Trace } from '../detector';
import { reconsider, reconsiderAt, rollOut, type Episode, type EpisodeState, type Explored } from '../episode';
import { expectPath, exploredOf, inPlaces, learnLogProb } from '../testing/explored';
import type { StepDetr } from './model';
import { openPatches } from './testing/patches';

const IMAGES = 2;
const ROLLOUTS = 3;
const ROWS = IMAGES * ROLLOUTS;
const LIMITS = { min: -5, max: 0 };
const CLOSE = 1e-4;
/** Other queries in each image, not in order. */
const SAMPLED = [
  [1, 7, 4, 10, 5],
  [0, 3, 11, 2, 9],
];
const SOME = SAMPLED[0]!.length;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`sampled queries (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let memory: Memory;

  beforeAll(async () => {
    const patches = await openPatches();
    model = patches.model;
    memory = model.encode(patches.image);
  });

  const noiseOf = (queries: number): tf.Tensor3D[] =>
    Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([ROWS, queries, model.config.width], { seed: 4, stream }),
    );

  const episodeOf = (trace: Trace, explored?: Explored, memos?: Map<number, Memo>): Episode =>
    model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS, explored, memos });

  test('all queries sampled: the episode as it is without', async () => {
    const trace = model.decode(memory);
    const all = Array.from({ length: model.queries }, (_, q) => q);
    const noise = noiseOf(model.queries);
    const expected = rollOut(episodeOf(trace), noise);
    const got = rollOut(episodeOf(trace, exploredOf(trace, [all, all])), noise);
    for (const [k, step] of expected.entries())
      for (const name of ['action', 'logits', 'boxes', 'logProb'] as const)
        expect(relativeL2(await got[k]![name].data(), await step[name].data()), `${k} ${name}`).toBeLessThanOrEqual(
          CLOSE,
        );
  });

  test('without noise the sampled queries follow the path too', async () => {
    const trace = model.decode(memory);
    const explored = exploredOf(trace, SAMPLED);
    const steps = rollOut(episodeOf(trace, explored), noiseOf(SOME).map(tf.zerosLike));
    await expectPath(steps, trace, explored, ROLLOUTS);
  });

  const wholeState = ({ queries, boxes }: EpisodeState, entering: Explored['path'][number]): EpisodeState => ({
    queries: inPlaces(entering.queries, queries, SAMPLED),
    boxes: inPlaces(entering.boxes, boxes, SAMPLED),
  });

  test('the policy of the sampled queries is that of the whole state, and its gradients too', async () => {
    const names = model.parameters.names().filter((name) => /^(layers|position)/.test(name));
    const weights = tf.tensor2d(numbers(ROWS * 3, 5), [ROWS, 3]);
    const columns = tf.tensor2d(
      Array.from({ length: ROWS * 3 }, (_, i) => (i * 2 + 1) % SOME),
      [ROWS, 3],
      'int32',
    );
    const trace = model.decode(memory);
    const explored = exploredOf(trace, SAMPLED);
    const steps = rollOut(episodeOf(trace, explored), noiseOf(SOME));
    const inAll = tf.tensor2d(
      Array.from({ length: ROWS * 3 }, (_, i) => SAMPLED[Math.floor(i / 3 / ROLLOUTS)]![(i * 2 + 1) % SOME]!),
      [ROWS, 3],
      'int32',
    );
    const states = steps.map(({ state }, k) => wholeState(state, explored.path[k]!));
    const learn = (of: () => (k: number) => tf.Tensor2D): Promise<Float32Array[]> =>
      learnLogProb(model, names, weights, of);
    const got = await learn(() => {
      const episode = episodeOf(trace, explored);
      return (k) => reconsiderAt(episode, k, steps[k]!, columns).logProb;
    });
    const remembered = await learn(() => {
      const memos = new Map<number, Memo>();
      const again = untraced(() => rollOut(episodeOf(trace, explored, memos), noiseOf(SOME)));
      const episode = episodeOf(trace, explored, memos);
      return (k) => reconsiderAt(episode, k, again[k]!, columns).logProb;
    });
    const expected = await learn(() => {
      const episode = episodeOf(trace);
      return (k) => {
        // the action of all queries: only the sampled ones are looked at
        const action = wholeState({ queries: steps[k]!.action, boxes: steps[k]!.boxes }, explored.path[k]!).queries;
        const { logProb } = reconsider(episode, k, { state: states[k]!, action });
        return tf.reshape(gatherTokens(tf.reshape(logProb, [ROWS, model.queries, 1]), inAll), [ROWS, 3]);
      };
    });
    let moved = 0;
    for (const [at, values] of expected.entries()) {
      // A key's bias moves all scores of a query alike: its gradient is rounding.
      if (names[at - 1]?.endsWith('.key.bias')) continue;
      expect(relativeL2(got[at]!, values), names[at - 1] ?? 'sum').toBeLessThanOrEqual(CLOSE);
      expect(relativeL2(remembered[at]!, values), names[at - 1] ?? 'sum').toBeLessThanOrEqual(CLOSE);
      if (values.some((value) => value !== 0)) moved++;
    }
    expect(moved).toBe(names.length + 1 - model.layers);
  });
});
