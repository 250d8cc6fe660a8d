/** DEIMv2's rollouts that sample some queries of each image, whose places are those of the selection's boxes: held against the whole state. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labelsOf } from '../../data/config-file';
import { readSafetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { randomNormal } from '../../kernels/random-normal/op';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { untraced } from '../../kernels/untraced';
import type { Memo } from '../company';
import { decoderLayers, type Memory, type Trace } from '../detector';
import { reconsiderAt, rollOut, type Episode, type EpisodeState, type Explored } from '../episode';
import { repeated } from '../rows';
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

const json = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;

describe.skipIf(!sharedIsHere)(`DEIMv2's sampled queries (${WHY_SKIPPED} otherwise)`, () => {
  let model: DeimV2;
  let memory: Memory;
  let trace: Trace;
  let explored: Explored;

  beforeAll(async () => {
    const config = await json(`${FOLDER}/config.json`);
    model = DeimV2.load({
      config,
      preprocessor: await json(`${FOLDER}/preprocessor_config.json`),
      classes: labelsOf(config),
      weights: readSafetensors(await sharedBytes(`${FOLDER}/model.safetensors`), FOLDER),
    });
    const cases = readSafetensors(await sharedBytes(`${FOLDER}/cases.safetensors`), FOLDER);
    const shape = cases.shape('input.pixel_values') as [number, number, number, number];
    memory = model.encode(tf.transpose(tf.tensor4d(cases.float32('input.pixel_values'), shape), [0, 2, 3, 1]));
    trace = model.decode(memory);
    const others = SAMPLED.map((own) =>
      Array.from({ length: model.queries }, (_, q) => q).filter((q) => !own.includes(q)),
    );
    explored = {
      queries: tf.tensor2d(SAMPLED.flat(), [IMAGES, SOME], 'int32'),
      others: tf.tensor2d(others.flat(), [IMAGES, model.queries - SOME], 'int32'),
      path: [trace.first, ...decoderLayers(trace).slice(0, -1)].map(({ hidden, boxes }) => ({
        queries: hidden,
        boxes,
      })),
    };
  });

  const episodeOf = (memos?: Map<number, Memo>): Episode =>
    model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS, explored, memos });
  const noiseOf = (): tf.Tensor3D[] =>
    Array.from({ length: model.layers }, (_, stream) =>
      randomNormal<tf.Rank.R3>([ROWS, SOME, model.config.width], { seed: 4, stream }),
    );

  test('without noise they follow the path, in every layer', async () => {
    const steps = rollOut(episodeOf(), noiseOf().map(tf.zerosLike));
    for (const [k, { action, logits, boxes }] of steps.entries()) {
      const layer = decoderLayers(trace)[k]!;
      for (const [name, got, path] of [
        ['action', action, layer.hidden],
        ['logits', logits, layer.logits],
        ['boxes', boxes, layer.boxes],
      ] as const) {
        const expected = repeated(gatherTokens(path, explored.queries), ROLLOUTS);
        expect(maxDifference(await got.data(), await expected.data()), `${k} ${name}`).toBeLessThanOrEqual(1e-3);
      }
    }
  });

  /** Every row with all its queries: those that were sampled in their places, the others where the path has them. */
  function whole(path: tf.Tensor3D, own: tf.Tensor3D): tf.Tensor3D {
    const rows = Array.from({ length: ROWS }, (_, row) => {
      const image = Math.floor(row / ROLLOUTS);
      const all = Array.from({ length: model.queries }, (_q, query) => {
        const at = SAMPLED[image]!.indexOf(query);
        const [from, place] = at < 0 ? [path, [image, query, 0]] : [own, [row, at, 0]];
        return tf.slice(from, place as [number, number, number], [1, 1, path.shape[2]]);
      });
      return tf.concat(all, 1) as tf.Tensor3D;
    });
    return tf.concat(rows);
  }

  function wholeState(state: EpisodeState, k: number): EpisodeState {
    const entering = explored.path[k]!;
    const boxes = whole(entering.boxes, state.boxes);
    const queries = whole(entering.queries, state.queries);
    return k === 0
      ? { queries, boxes }
      : { queries, boxes, selected: whole(explored.path[0]!.boxes, state['selected'] as tf.Tensor3D) };
  }

  test('the policy of those that are asked for is that of the whole state, and its gradients too', async () => {
    const names = model.parameters.names().filter((name) => /^decoder\.(decoder\.layers|query_pos)/.test(name));
    const weights = tf.tensor2d(numbers(ROWS * ASKED, 5), [ROWS, ASKED]);
    const pick = (at: number): number => (at * 2 + 1) % SOME;
    const asked = Array.from({ length: ROWS * ASKED }, (_, at) => pick(at));
    const inAll = asked.map((column, at) => SAMPLED[Math.floor(at / ASKED / ROLLOUTS)]![column]!);
    const [columns, all] = [asked, inAll].map((values) => tf.tensor2d(values, [ROWS, ASKED], 'int32'));
    const memos = new Map<number, Memo>();
    const steps = untraced(() => rollOut(episodeOf(memos), noiseOf()));
    const plain = model.episode(memory, trace.first, { rollouts: ROLLOUTS, logStd: LIMITS });
    const wholes = steps.map(({ state, action }, k) => ({
      state: wholeState(state, k),
      action: whole(tf.zeros([IMAGES, model.queries, model.config.width]), action),
    }));
    const learn = async (logProb: (k: number) => tf.Tensor): Promise<[number, ...Float32Array[]]> => {
      const { value, grads } = tf.engine().gradients(
        () => steps.map((_, k) => tf.sum(tf.mul(logProb(k), weights))).reduce((a, b) => tf.add(a, b)),
        names.map((name) => model.parameters.get(name)),
      );
      const read = await Promise.all(grads.map(async (gradient) => (await gradient.data()) as Float32Array));
      return [(await value.data())[0]!, ...read];
    };
    const [expected, ...expectedGradients] = await learn((k) => reconsiderAt(plain, k, wholes[k]!, all!).logProb);
    for (const kept of [undefined, new Map<number, Memo>()]) {
      const [value, ...gradients] = await learn((k) => reconsiderAt(episodeOf(kept), k, steps[k]!, columns!).logProb);
      expect(Math.abs(value / expected - 1)).toBeLessThanOrEqual(1e-4);
      for (const [index, gradient] of gradients.entries()) {
        const size = Math.hypot(...expectedGradients[index]!);
        // a key's bias moves all scores of a query alike
        if (names[index]!.endsWith('self_attn.key.bias')) continue;
        expect(size, names[index]).toBeGreaterThan(0);
        expect(relativeL2(gradient, expectedGradients[index]!), names[index]).toBeLessThanOrEqual(1e-3);
      }
    }
  });
});
