/** The denoising loss of a small StepDETR: rows on their own, finite gradients, a descent, no leak. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { seededRandom } from '../../lib/random';
import type { Labels } from '../../lib/set-prediction';
import type { Detector, Memory } from '../detector';
import { openReference } from '../rtdetr/testing/reference';
import { openPatches } from '../stepdetr/testing/patches';
import { denoisingLoss } from './loss';

const LABELS: (Labels | null)[] = [
  { classes: [1, 3], boxes: Float32Array.of(0.3, 0.4, 0.2, 0.2, 0.7, 0.6, 0.3, 0.4) },
  { classes: [2], boxes: Float32Array.of(0.5, 0.5, 0.6, 0.4) },
];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`denoising (${WHY_SKIPPED} otherwise)`, () => {
  let model: Detector;
  let memory: Memory;
  beforeAll(async () => {
    const patches = await openPatches();
    model = patches.model;
    memory = model.encode(patches.image);
  });

  const loss = (labels: (Labels | null)[], copies: number, from = memory): tf.Scalar =>
    denoisingLoss(model, from, labels, { copies, random: seededRandom(3) })!;
  /** Everything behind the query selection. */
  const trained = (): string[] =>
    model.rules
      .filter(({ group, name }) => (group === 'decoder' || group === 'heads') && !name.startsWith('select_'))
      .map(({ name }) => name);

  test('from the selection’s queries it is detection', async () => {
    const { layers } = model.decode(memory);
    const again = model.decodeFrom(memory, layers[0]!);
    for (const [k, { logits }] of again.entries())
      expect(relativeL2(await logits.data(), await layers[k + 1]!.logits.data()), `layer ${k}`).toBe(0);
  });

  test('an image without labels counts for nothing', async () => {
    const own = { ...memory, tokens: tf.slice(memory.tokens, [0, 0, 0], [1, -1, -1]) };
    const alone = await loss([LABELS[0]!], 2, own).data();
    const beside = await loss([LABELS[0]!, null], 2).data();
    expect(alone[0]).toBeGreaterThan(0);
    expect(relativeL2(beside, alone)).toBeLessThanOrEqual(1e-5);
    expect(denoisingLoss(model, memory, [null, null], { copies: 2, random: seededRandom(3) })).toBeNull();
  });

  test('decoder and heads have finite gradients, and a step against them lowers the loss', async () => {
    const names = trained();
    const { value, grads } = tf.engine().gradients(
      () => loss(LABELS, 3),
      names.map((name) => model.parameters.get(name)),
    );
    const gradients = await Promise.all(grads.map(async (gradient) => (await gradient.data()) as Float32Array));
    names.forEach((name, index) => expect(gradients[index]!.every(Number.isFinite), name).toBe(true));
    for (const name of [
      'layers.0.cross.value.weight',
      'layers.2.ffn.down.weight',
      'class_head.weight',
      'box_head.4.bias',
    ])
      expect(Math.hypot(...gradients[names.indexOf(name)]!), name).toBeGreaterThan(0);
    const square = gradients.reduce((sum, gradient) => sum + gradient.reduce((s, g) => s + g * g, 0), 0);
    const rate = 0.01 / Math.sqrt(square);
    const moved = model.parameters.with(
      new Map(names.map((name, i) => [name, tf.sub(model.parameters.get(name), tf.mul(grads[i]!, rate))])),
    );
    const before = (await value.data())[0]!;
    const after = await denoisingLoss(model.sharing(moved), memory, LABELS, {
      copies: 3,
      random: seededRandom(3),
    })!.data();
    expect(after[0]! - before).toBeLessThan(0);
    moved.dispose();
  });

  test('warm steps leave nothing behind', () => {
    const names = trained();
    const { before, after } = aroundWarmRounds(opened, () => {
      const { value, grads } = tf.engine().gradients(
        () => loss(LABELS, 2),
        names.map((name) => model.parameters.get(name)),
      );
      tf.dispose([value, ...grads]);
    });
    expect(after).toEqual(before);
  });
});

describe.skipIf(!sharedIsHere)(`a family with an embedding of classes (${WHY_SKIPPED} otherwise)`, () => {
  test('what a query claims is its row, which learns; the row for padding does not', async () => {
    const { model, image } = await openReference('rt_detr_r18');
    const memory = model.encode(image);
    const name = model.denoisingClasses!;
    // Draws of 0.4 keep the class of every copy, so that one row alone is claimed.
    const only: (Labels | null)[] = [null, { classes: [2], boxes: Float32Array.of(0.5, 0.5, 0.6, 0.4) }];
    const random = (): number => 0.4;
    const { grads } = tf
      .engine()
      .gradients(() => denoisingLoss(model, memory, only, { copies: 1, random })!, [model.parameters.get(name)]);
    const gradient = (await grads[0]!.data()) as Float32Array;
    const width = model.parameters.get(name).shape[1]!;
    const rows = Array.from({ length: 6 }, (_, row) =>
      Math.hypot(...gradient.subarray(row * width, (row + 1) * width)),
    );
    rows.forEach((size, row) => (row === 2 ? expect(size).toBeGreaterThan(0) : expect(size).toBe(0)));
    model.dispose();
  });
});
