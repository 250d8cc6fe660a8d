/** DEIMv2-Atto as a model that is taught: its episode against detection, and the gradients of everything that is trained. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { randomNormal } from '../../kernels/random-normal/op';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { Labels } from '../../lib/set-prediction';
import type { Detector, LayerTrace, Memory } from '../detector';
import { RT_DETR_LOSS } from '../set-loss/recipe';
import { setLoss } from '../set-loss/set-loss';
import { disposeTargets, setTargets, type SetTargets } from '../set-loss/targets';
import {
  expectDetection,
  expectReconsidered,
  expectRowsAlone,
  firstGradients,
  IMAGES,
  subjectOf,
  type Subject,
} from '../testing/episodes';
import { imagesOf, sharedCases, sharedCheckpoint } from '../testing/reference';
import { DeimV2 } from './model';

const FOLDER = 'weights/deimv2_atto_coco';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Two labels of the first image, one of the second, and the queries that stand for them. */
const SETS: { labels: Labels; match: { queries: Int32Array; labels: Int32Array } }[] = [
  {
    labels: { classes: [15, 0], boxes: Float32Array.of(0.5, 0.4, 0.3, 0.5, 0.2, 0.7, 0.2, 0.1) },
    match: { queries: Int32Array.of(0, 7), labels: Int32Array.of(1, 0) },
  },
  {
    labels: { classes: [3], boxes: Float32Array.of(0.6, 0.5, 0.6, 0.8) },
    match: { queries: Int32Array.of(2), labels: Int32Array.of(0) },
  },
];

describe.skipIf(!sharedIsHere)(`DEIMv2's episode (${WHY_SKIPPED} otherwise)`, () => {
  let model: DeimV2;
  let image: tf.Tensor4D;
  let memory: Memory;
  let subject: Subject;
  beforeAll(async () => {
    model = DeimV2.load(await sharedCheckpoint(FOLDER));
    image = imagesOf(await sharedCases(FOLDER));
    expect(image.shape[0]).toBe(IMAGES);
    memory = model.encode(image);
    subject = subjectOf(model, memory);
  });

  test('a policy that was never trained starts at -3', async () => {
    expect(model.policy).toEqual(['policy.0.log_std', 'policy.1.log_std', 'policy.2.log_std']);
    for (const name of model.policy) expect(new Set(await model.parameters.get(name).data())).toEqual(new Set([-3]));
  });

  test('without noise it is detection, in every layer', () => expectDetection(subject, model.decode(subject.memory)));

  test('rows are images, each with its rollouts', () => expectRowsAlone(subject, [0, 4], 1e-3));

  test('reconsidered by a model that shares the weights, an action has the probability that it was taken with', () =>
    expectReconsidered(subject, 1));

  test('gradient of the first log probability is that through decode', async () => {
    const names = model.rules.filter(({ group }) => group === 'decoder').map(({ name }) => name);
    const xs = names.filter((name) => /layers\.0\.|query_pos/.test(name));
    const { episode, detection } = firstGradients(subject, xs);
    for (const [index, gradient] of episode.entries())
      expect(
        relativeL2(await gradient.data(), await detection[index]!.data()),
        `gradient ${index}`,
      ).toBeLessThanOrEqual(1e-3);
  });

  describe('what is trained', () => {
    let targets: SetTargets;
    beforeAll(() => {
      targets = setTargets(model.queries, SETS);
    });
    afterAll(() => disposeTargets(targets));

    /** Set loss of the selection, of the first layer's initial boxes and of every layer, on fixed pairs. */
    const lossOf = (): tf.Scalar => {
      const { layers, extras } = model.decode(memory);
      const initial = { logits: extras['pre.logits'], boxes: extras['pre.boxes'] } as Pick<
        LayerTrace,
        'logits' | 'boxes'
      >;
      const terms = [...layers, initial].map(({ logits, boxes }) => {
        const loss = setLoss(logits, boxes, targets, RT_DETR_LOSS);
        return tf.sum(tf.add(loss.classes, loss.boxes));
      });
      return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    };
    const trained = (): string[] =>
      model.rules.filter(({ group }) => group === 'decoder' || group === 'heads').map(({ name }) => name);

    test('every parameter of decoder and heads has a finite gradient', async () => {
      const names = trained();
      const { value, grads } = tf.engine().gradients(
        lossOf,
        names.map((name) => model.parameters.get(name)),
      );
      expect(Number.isFinite((await value.data())[0]!)).toBe(true);
      for (const [index, name] of names.entries()) {
        const gradient = (await grads[index]!.data()) as Float32Array;
        expect(gradient.every(Number.isFinite), name).toBe(true);
        // a key's bias moves all scores of a query alike
        if (!name.endsWith('self_attn.key.bias')) expect(Math.hypot(...gradient), name).toBeGreaterThan(0);
      }
    });

    test('trained too, every parameter of the encoder has a finite gradient, and a step against it lowers the loss', async () => {
      const names = model.rules.filter(({ group }) => group === 'encoder').map(({ name }) => name);
      const one = tf.slice(image, [0, 0, 0, 0], [1, -1, -1, -1]);
      const target = randomNormal<tf.Rank.R3>([1, memory.tokens.shape[1], model.config.width], { seed: 3, stream: 0 });
      const lossFor = (detector: Detector): tf.Scalar =>
        tf.mean(tf.square(tf.sub(detector.encode(one).tokens, target))) as tf.Scalar;
      const { value, grads } = tf.engine().gradients(
        () => lossFor(model),
        names.map((name) => model.parameters.get(name)),
      );
      let square = 0;
      for (const [index, name] of names.entries()) {
        const gradient = (await grads[index]!.data()) as Float32Array;
        expect(gradient.every(Number.isFinite), name).toBe(true);
        expect(Math.hypot(...gradient), name).toBeGreaterThan(0);
        square += gradient.reduce((sum, g) => sum + g * g, 0);
      }
      const [before, rate] = [(await value.data())[0]!, 1e-3 / Math.sqrt(square)];
      const moved = model.parameters.with(
        new Map(names.map((name, i) => [name, tf.sub(model.parameters.get(name), tf.mul(grads[i]!, rate))])),
      );
      const after = (await lossFor(model.sharing(moved)).data())[0]!;
      // to first order the loss falls by the gradient's length times the step's
      expect(Math.abs((before - after) / (1e-3 * Math.sqrt(square)) - 1)).toBeLessThanOrEqual(0.1);
      moved.dispose();
    });

    // Boxes enter the next layer without gradient, so each parameter is seen through an output that it reaches directly.
    test.each([
      ['decoder.decoder.layers.0.self_attn.query.weight', 1, 'logits'],
      ['decoder.decoder.layers.1.swish_ffn.w12.weight', 2, 'logits'],
      ['decoder.decoder.layers.2.cross_attn.sampling_offsets.weight', 3, 'logits'],
      ['decoder.decoder.layers.2.norm3.scale', 3, 'boxes'],
      ['decoder.dec_bbox_head.0.layers.2.weight', 1, 'boxes'],
      ['decoder.dec_score_head.1.weight', 2, 'logits'],
      ['decoder.decoder.lqe_layers.2.reg_conf.layers.0.weight', 3, 'logits'],
      ['decoder.query_pos_head.layers.0.weight', 1, 'logits'],
      ['decoder.enc_bbox_head.layers.2.weight', 0, 'boxes'],
    ] as const)('gradient of %s through %i.%s is that of finite differences', async (name, layer, output) => {
      const outputOf = (detector: Detector): tf.Scalar => {
        const out = detector.decode(memory).layers[layer]![output];
        const weights = randomNormal<tf.Rank.R3>(out.shape, { seed: 11, stream: layer });
        return tf.div(tf.sum(tf.mul(out, weights)), Math.sqrt(out.size));
      };
      const x = model.parameters.get(name);
      const { grads } = tf.engine().gradients(() => outputOf(model), [x]);
      const gradient = (await grads[0]!.data()) as Float32Array;
      const original = (await x.data()) as Float32Array;
      const [length, size] = [Math.hypot(...gradient), Math.hypot(...original)];
      const step = 3e-4 * size;
      // along the gradient itself: the largest change, so that float32's rounding counts least
      const moved = async (sign: number): Promise<number> => {
        const values = original.map((value, i) => value + (sign * step * gradient[i]!) / length);
        const parameters = model.parameters.with(new Map([[name, tf.tensor(values, x.shape)]]));
        const value = (await outputOf(model.sharing(parameters)).data())[0]!;
        parameters.dispose();
        return value;
      };
      const slope = ((await moved(1)) - (await moved(-1))) / (2 * step);
      expect(Math.abs(slope - length) / length, `${slope} instead of ${length}`).toBeLessThanOrEqual(0.01);
    });

    test('warm steps leave nothing behind', () => {
      const names = trained();
      const { before, after } = aroundWarmRounds(opened, () => {
        const { value, grads } = tf.engine().gradients(
          lossOf,
          names.map((name) => model.parameters.get(name)),
        );
        tf.dispose([value, ...grads]);
      });
      expect(after).toEqual(before);
    });
  });
});
