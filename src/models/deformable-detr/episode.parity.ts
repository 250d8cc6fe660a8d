/** Deformable DETR's decoder as an episode, in its three forms: over padded images, learned points and proposed boxes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import {
  expectDetection,
  expectReconsidered,
  expectRowsAlone,
  IMAGES,
  noiseFor,
  rolledOut,
  ROLLOUTS,
  rowOf,
  subjectOf,
  takeGradients,
  type Subject,
} from '../testing/episodes';
import type { DeformableDetr } from './model';
import { KINDS, readReference } from './testing/reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere).each(KINDS)(`the episode of %s (${WHY_SKIPPED} otherwise)`, (kind) => {
  let model: DeformableDetr;
  let subject: Subject;
  beforeAll(async () => {
    const reference = await readReference(kind);
    ({ model } = reference);
    subject = subjectOf(model, model.encode(reference.image, { mask: reference.mask }));
  });

  test('without noise it is detection, in every layer', () => expectDetection(subject, model.decode(subject.memory)));

  test('rows are images, each with its rollouts', () => expectRowsAlone(subject, [0, 2, 4]));

  test('the values of a trace serve rollouts as well', async () => {
    const noise = noiseFor(subject, IMAGES * ROLLOUTS, 5);
    const read = { ...subject, memory: model.decode(subject.memory).memory };
    const [plain, other] = [subject, read].map((one) => rolledOut(one, ROLLOUTS, noise).at(-1)!.logits);
    expect(maxDifference(await other!.data(), await plain!.data())).toBeLessThanOrEqual(1e-5);
  });

  test('decoding from what the selection gives is decoding', async () => {
    const { memory } = subject;
    const { first } = model.select(memory);
    const [own, other] = [model.decode(memory).layers, model.decodeFrom(memory, first)];
    expect(other.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    expect(maxDifference(await other[2]!.boxes.data(), await own[2]!.boxes.data())).toBe(0);
    const fewer = { hidden: rowOf(tf.transpose(first.hidden, [1, 0, 2]), 0), boxes: first.boxes };
    if (!model.config.twoStage)
      expect(() => model.decodeFrom(memory, fewer)).toThrow('expected 12 learned queries, got 2');
  });

  test('reconsidered by a model that shares the weights, an action has the probability that it was taken with', () =>
    expectReconsidered(subject, 2));

  test('warm rollouts and their gradients leave nothing behind', () => {
    const names = model.rules.filter(({ group }) => group === 'decoder').map(({ name }) => name);
    const { before, after } = aroundWarmRounds(opened, () => takeGradients(subject, names));
    expect(after).toEqual(before);
  });
});
