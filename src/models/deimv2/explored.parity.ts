/** DEIMv2's rollouts that sample some queries of each image, whose places are those of the selection's boxes: held against the whole state. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { untraced } from '../../kernels/untraced';
import type { Memo } from '../company';
import type { Memory, Trace } from '../detector';
import { reconsiderAt, rollOut, type Episode, type EpisodeState, type Explored } from '../episode';
import { expectPath, exploredOf, inPlaces } from '../testing/explored';
import { imagesOf, sharedCases, sharedCheckpoint } from '../testing/reference';
import { DeimV2 } from './model';

const [IMAGES, ROLLOUTS, SOME, ASKED] = [2, 3, 5, 3];
const ROWS = IMAGES * ROLLOUTS;
const LIMITS = { min: -5, max: 0 };
const FOLDER = 'weights/deimv2_atto_coco';
/** Other queries in each image. */
const SAMPLED = [
  [1, 4, 7, 40, 99],
  [0, 2, 33, 61, 90],
];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`DEIMv2's sampled queries (${WHY_SKIPPED} otherwise)`, () => {
  let model: DeimV2;
  let memory: Memory;
  let trace: Trace;
  let explored: Explored;

  beforeAll(async () => {
    model = DeimV2.load(await sharedCheckpoint(FOLDER));
    memory = model.encode(imagesOf(await sharedCases(FOLDER)));
    trace = model.decode(memory);
    explored = exploredOf(trace, SAMPLED);
  });

  const episodeOf = (memos?: Map<number, Memo>): Episode =>
    model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS, explored, memos });
  const noiseOf = (): tf.Tensor3D[] =>
    Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([ROWS, SOME, model.config.width], { seed: 4, stream }),
    );

  test('without noise they follow the path, in every layer', async () => {
    const steps = rollOut(episodeOf(), noiseOf().map(tf.zerosLike));
    await expectPath(steps, trace, explored, ROLLOUTS);
  });

  function wholeState({ queries, boxes, ...extras }: EpisodeState, k: number): EpisodeState {
    const { selected } = extras as { selected?: tf.Tensor3D };
    const entering = explored.path[k]!;
    return {
      queries: inPlaces(entering.queries, queries, SAMPLED),
      boxes: inPlaces(entering.boxes, boxes, SAMPLED),
      ...(selected && { selected: inPlaces(explored.path[0]!.boxes, selected, SAMPLED) }),
    };
  }

  test('the policy of those that are asked for is that of the whole state, and its gradients too', async () => {
    const names = model.parameters.names().filter((name) => /^decoder\.(decoder\.layers|query_pos)/.test(name));
    const weights = tf.tensor2d(numbers(ROWS * ASKED, 5), [ROWS, ASKED]);
    const pick = (at: number): number => (at * 2 + 1) % SOME;
    const asked = Array.from({ length: ROWS * ASKED }, (_, at) => pick(at));
    const inAll = asked.map((column, at) => SAMPLED[Math.floor(at / ASKED / ROLLOUTS)]![column]!);
    const [columns, all] = [asked, inAll].map((values) => tf.tensor2d(values, [ROWS, ASKED], 'int32'));
    const steps = rollOut(episodeOf(), noiseOf());
    const whole = model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS });
    const zeros = tf.zeros<tf.Rank.R3>([IMAGES, model.queries, model.config.width]);
    const wholeSteps = steps.map(({ state, action }, k) => ({
      state: wholeState(state, k),
      // only the sampled queries are looked at
      action: inPlaces(zeros, action, SAMPLED),
    }));
    async function learn(of: () => (k: number) => tf.Tensor2D): Promise<Float32Array[]> {
      const { value, grads } = tf.engine().gradients(
        () => {
          const logProb = of();
          return steps.map((_, k) => tf.sum(tf.mul(logProb(k), weights))).reduce((a, b) => tf.add(a, b));
        },
        names.map((name) => model.parameters.get(name)),
      );
      return Promise.all([value, ...grads].map(async (tensor) => (await tensor.data()) as Float32Array));
    }
    const expected = await learn(() => (k) => reconsiderAt(whole, k, wholeSteps[k]!, all!).logProb);
    const got = await learn(() => {
      const episode = episodeOf();
      return (k) => reconsiderAt(episode, k, steps[k]!, columns!).logProb;
    });
    const remembered = await learn(() => {
      const memos = new Map<number, Memo>();
      const again = untraced(() => rollOut(episodeOf(memos), noiseOf()));
      const episode = episodeOf(memos);
      return (k) => reconsiderAt(episode, k, again[k]!, columns!).logProb;
    });
    for (const [at, values] of expected.entries()) {
      const name = names[at - 1] ?? 'sum';
      // A key's bias moves all scores of a query alike: its gradient is rounding.
      if (name.endsWith('self_attn.key.bias')) continue;
      expect(Math.hypot(...values), name).toBeGreaterThan(0);
      expect(relativeL2(got[at]!, values), name).toBeLessThanOrEqual(1e-3);
      expect(relativeL2(remembered[at]!, values), name).toBeLessThanOrEqual(1e-3);
    }
  });
});
