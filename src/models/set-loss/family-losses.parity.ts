/** The families' losses and matchings against Hugging Face's, from the reference's own answers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, type Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { match } from '../matching/match';
import { pairLabels } from '../testing/reference';
import { DEIMV2_LOSS, RT_DETR_LOSS, type SetLossRecipe } from './recipe';
import { setLoss } from './set-loss';
import { setTargets } from './targets';
import { familyLosses, type FamilyAnswers } from './testing/family-losses';

const VALUE = 1e-4;

/** The configurations' defaults. */
const DETR: SetLossRecipe = {
  classes: 'softmax',
  alpha: 0,
  gamma: 0,
  noObject: 0.1,
  weights: { classes: 1, l1: 5, giou: 2 },
  match: { classes: 1, l1: 5, giou: 2 },
};
const DEFORMABLE: SetLossRecipe = { ...DETR, classes: 'focal', alpha: 0.25, gamma: 2 };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const answers = (cases: Safetensors, logits: string, boxes: string, layer?: 'select'): FamilyAnswers => ({
  ...(layer && { layer }),
  logits: tf.tensor3d(cases.float32(logits), cases.shape(logits) as [number, number, number]),
  boxes: tf.tensor3d(cases.float32(boxes), cases.shape(boxes) as [number, number, number]),
});

/** Every layer that the file has the answers of: the last one alone where it is all there is. */
function layersOf(cases: Safetensors): FamilyAnswers[] {
  const each = [0, 1, 2].filter((k) => cases.names.includes(`layer.${k}.logits`));
  const decoder = each.map((k) => answers(cases, `layer.${k}.logits`, `layer.${k}.boxes`));
  const select = cases.names.includes('enc.topk_logits')
    ? [answers(cases, 'enc.topk_logits', 'enc.topk_boxes', 'select')]
    : [];
  return decoder.length > 0 ? [...select, ...decoder] : [answers(cases, 'out.logits', 'out.pred_boxes')];
}

async function expectLosses(recipe: SetLossRecipe, cases: Safetensors, names: readonly string[]): Promise<void> {
  const losses = await familyLosses(recipe, layersOf(cases), pairLabels(cases));
  for (const name of names) {
    const expected = cases.float32(`loss.${name}`)[0]!;
    const got = (await losses[name]!.data())[0]!;
    expect(Math.abs(got - expected) / Math.max(1e-3, Math.abs(expected)), name).toBeLessThanOrEqual(VALUE);
  }
}

async function expectMatches(recipe: SetLossRecipe, cases: Safetensors): Promise<void> {
  const { logits, boxes } = answers(cases, 'out.logits', 'out.pred_boxes');
  const [, queries, columns] = logits.shape;
  const [l, b] = (await Promise.all([logits.data(), boxes.data()])) as [Float32Array, Float32Array];
  pairLabels(cases).forEach((labels, image) => {
    const prediction = {
      queries,
      columns,
      scoring: recipe.classes === 'softmax' ? ('softmax' as const) : ('sigmoid' as const),
      logits: l.slice(image * queries * columns, (image + 1) * queries * columns),
      boxes: b.slice(image * queries * 4, (image + 1) * queries * 4),
    };
    const pairs = match(prediction, labels, recipe.match);
    expect(Array.from(pairs.queries)).toEqual(Array.from(cases.int64(`match.${image}.pred`), Number));
    expect(Array.from(pairs.labels)).toEqual(Array.from(cases.int64(`match.${image}.target`), Number));
  });
}

/** transformers 5.18, `Deimv2Loss.loss_labels_mal` with focal_loss_gamma 1.5, of three queries of which the first two are matched. */
test('deimv2: the class loss and its gradient are those of transformers', async () => {
  const x = [1.5, -0.5, 0.25, -2, 0.75, -1.25, 2, 0.5, -1, -3, 0, 1];
  const boxes = tf.tensor3d([0.5, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2, 0.7, 0.6, 0.2, 0.4], [1, 3, 4]);
  const labels = { classes: [2, 0], boxes: Float32Array.of(0.32, 0.3, 0.2, 0.25, 0.55, 0.5, 0.4, 0.4) };
  const pairs = { queries: Int32Array.of(0, 1), labels: Int32Array.of(1, 0) };
  const targets = setTargets(3, [{ labels, match: pairs }]);
  const loss = (t: tf.Tensor): tf.Tensor1D => setLoss(t as tf.Tensor3D, boxes, targets, DEIMV2_LOSS).classes;
  const logits = tf.tensor3d(x, [1, 3, 4]);
  expect(relativeL2(await loss(logits).data(), [2.212717])).toBeLessThanOrEqual(1e-5);
  const expected = [
    ...[0.06581953, 0.04379045, 0.11848184, 0.002452942, 0.19007726, 0.0117023],
    ...[0.16823295, 0.15284368, 0.01875488, 0.0002449110324960202, 0.08838835, 0.22848119],
  ];
  expect(relativeL2(await tf.grad(loss)(logits).data(), expected)).toBeLessThanOrEqual(1e-5);
});

describe.skipIf(!sharedIsHere)(`losses of the families (${WHY_SKIPPED} otherwise)`, () => {
  const read = async (folder: string): Promise<Safetensors> =>
    readSafetensors(await sharedBytes(`reference/${folder}/cases.safetensors`), folder);

  test.each(['rt_detr_r18', 'rt_detr_r50', 'rt_detr_v2', 'd_fine'])('%s: every loss and the total', async (folder) => {
    const cases = await read(folder);
    const names = cases.names.filter((name) => name.startsWith('loss.')).map((name) => name.slice('loss.'.length));
    expect(names).toContain('total');
    await expectLosses(RT_DETR_LOSS, cases, names);
    await expectMatches(RT_DETR_LOSS, cases);
  });

  test.each([
    ['detr', DETR],
    ['deformable_detr', DEFORMABLE],
    ['deformable_detr_refine', DEFORMABLE],
    ['deformable_detr_two_stage', DEFORMABLE],
  ] as const)('%s: the last layer’s losses', async (folder, recipe) => {
    const cases = await read(folder);
    await expectLosses(recipe, cases, ['loss_ce', 'loss_bbox', 'loss_giou', 'cardinality_error']);
    await expectMatches(recipe, cases);
  });
});
