/** Rollouts that sample some queries of each image, in the families whose layers carry more than StepDETR's: held against the whole state. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { randomNormal } from '../kernels/random-normal/op';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { untraced } from '../kernels/untraced';
import { openShared } from '../train/testing/checkpoints';
import type { Memo } from './company';
import type { Detector, Memory, Trace } from './detector';
import { reconsiderAt, rollOut, type Episode, type EpisodeState, type Explored } from './episode';
import { expectPath, exploredOf, inPlaces, learnLogProb } from './testing/explored';

const [IMAGES, ROLLOUTS, SOME, ASKED] = [2, 3, 5, 3];
const ROWS = IMAGES * ROLLOUTS;
const LIMITS = { min: -5, max: 0 };
/** Other queries in each image. */
const SAMPLED = [
  [1, 4, 7, 12, 19],
  [0, 2, 5, 9, 16],
];
const FAMILIES = [
  { folder: 'weights/deimv2_atto_coco', side: 160, ownSide: true },
  { folder: 'reference/d_fine', side: 96, ownSide: false },
  { folder: 'reference/rt_detr_r18', side: 96, ownSide: false },
] as const;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere).each(FAMILIES)(
  `sampled queries, $folder (${WHY_SKIPPED} otherwise)`,
  ({ folder, side, ownSide }) => {
    let model: Detector;
    let memory: Memory;
    let trace: Trace;
    let explored: Explored;
    let width: number;

    beforeAll(async () => {
      model = await openShared(folder, undefined, ownSide ? side : undefined);
      memory = model.encode(randomNormal<tf.Rank.R4>([IMAGES, side, side, 3], { seed: 1, stream: 0 }));
      trace = model.decode(memory);
      width = trace.first.hidden.shape[2];
      explored = exploredOf(trace, SAMPLED);
    });

    const episodeOf = (memos?: Map<number, Memo>): Episode =>
      model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS, explored, memos });
    const noiseOf = (): tf.Tensor3D[] =>
      Array.from({ length: model.layers }, (_, stream) =>
        randomNormal<tf.Rank.R3>([ROWS, SOME, width], { seed: 4, stream }),
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
      const names = model.parameters.names().filter((name) => /decoder\.layers\.\d|query_pos/.test(name));
      const weights = tf.tensor2d(numbers(ROWS * ASKED, 5), [ROWS, ASKED]);
      const pick = (at: number): number => (at * 2 + 1) % SOME;
      const asked = Array.from({ length: ROWS * ASKED }, (_, at) => pick(at));
      const inAll = asked.map((column, at) => SAMPLED[Math.floor(at / ASKED / ROLLOUTS)]![column]!);
      const [columns, all] = [asked, inAll].map((values) => tf.tensor2d(values, [ROWS, ASKED], 'int32'));
      const steps = rollOut(episodeOf(), noiseOf());
      const whole = model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS });
      const zeros = tf.zeros<tf.Rank.R3>([IMAGES, model.queries, width]);
      const wholeSteps = steps.map(({ state, action }, k) => ({
        state: wholeState(state, k),
        // only the sampled queries are looked at
        action: inPlaces(zeros, action, SAMPLED),
      }));
      const learn = (of: () => (k: number) => tf.Tensor2D): Promise<Float32Array[]> =>
        learnLogProb(model, names, weights, of);
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
      let moved = 0;
      for (const [at, values] of expected.entries()) {
        const name = names[at - 1] ?? 'sum';
        // A key's bias moves all scores of a query alike: its gradient is rounding.
        if (/\.(key|k_proj)\.bias$/.test(name)) continue;
        if (values.some((value) => value !== 0)) moved++;
        for (const own of [got[at]!, remembered[at]!])
          if (values.every((value) => value === 0)) expect(Math.max(...own.map(Math.abs)), name).toBe(0);
          else expect(relativeL2(own, values), name).toBeLessThanOrEqual(1e-3);
      }
      expect(moved).toBeGreaterThan(names.length / 2);
    });
  },
);
