/** The families' losses and matchings against Hugging Face's, from the reference's own answers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, type Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import type { Labels } from '../../lib/set-prediction';
import { match } from '../matching/match';
import { RT_DETR_LOSS, type SetLossRecipe } from './recipe';
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

const labelsOf = (cases: Safetensors): Labels[] =>
  [0, 1].map((image) => ({
    classes: Array.from(cases.int64(`labels.${image}.classes`), Number),
    boxes: cases.float32(`labels.${image}.boxes`),
  }));

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
  const losses = await familyLosses(recipe, layersOf(cases), labelsOf(cases));
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
  labelsOf(cases).forEach((labels, image) => {
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
