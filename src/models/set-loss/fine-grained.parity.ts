/** The losses of edge distributions against PyTorch's numbers (testing/fine-grained-cases.json says how they were made). */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { aroundWarmRounds } from '../../kernels/testing/leaks';
import { distillationShares, edgeDistillation, fineGrainedLoss } from './fine-grained';
import { disposeTargets, setTargets, type SetTargets } from './targets';
import cases from './testing/fine-grained-cases.json';

const EDGES = { fgl: 0.15, ddf: 1.5, bins: cases.bins, up: 0.5, regScale: 4 };
const { images, queries, classes, bins } = cases;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const tensor = (values: readonly number[], inner: number): tf.Tensor3D =>
  tf.tensor3d(values as number[], [images, queries, inner]);
const answers = (corners = tensor(cases.corners, 4 * (bins + 1))) => ({
  corners,
  reference: tensor(cases.reference, 4),
  boxes: tensor(cases.boxes, 4),
});
const teacher = () => ({ corners: tensor(cases.teacher, 4 * (bins + 1)), logits: tensor(cases.logits, classes) });
const targetsOf = (scale: 'image' | 'batch'): SetTargets =>
  setTargets(
    queries,
    cases.labels.map((labels, image) => ({
      labels: { classes: labels.classes, boxes: Float32Array.from(labels.boxes) },
      match: {
        queries: Int32Array.from(cases.matches[image]!.queries),
        labels: Int32Array.from(cases.matches[image]!.labels),
      },
    })),
    { scale },
  );
const shares = (): tf.Tensor2D => {
  const matched = cases.matches.map((pairs) => pairs.queries.length);
  return tf.tensor2d(distillationShares(matched, [true, true], queries), [images, 2]);
};

test('fine-grained localisation: by batch, by image, and its gradient', async () => {
  const byImage = fineGrainedLoss(answers(), targetsOf('image'), EDGES);
  expect(relativeL2(await byImage.data(), cases.fglOfImage)).toBeLessThanOrEqual(1e-4);
  const total = (corners: tf.Tensor): tf.Scalar =>
    tf.sum(fineGrainedLoss(answers(corners as tf.Tensor3D), targetsOf('batch'), EDGES));
  const { corners } = answers();
  expect(relativeL2(await total(corners).data(), [cases.fgl])).toBeLessThanOrEqual(1e-4);
  expect(relativeL2(await tf.grad(total)(corners).data(), cases.fglGradient)).toBeLessThanOrEqual(1e-3);
});

test('distillation into the layers before: value and gradient', async () => {
  const total = (corners: tf.Tensor): tf.Scalar =>
    edgeDistillation(answers(corners as tf.Tensor3D), teacher(), targetsOf('batch'), shares(), EDGES);
  const { corners } = answers();
  expect(relativeL2(await total(corners).data(), [cases.ddf])).toBeLessThanOrEqual(1e-4);
  expect(relativeL2(await tf.grad(total)(corners).data(), cases.ddfGradient)).toBeLessThanOrEqual(1e-3);
});

test('a layer that says the same as the last has nothing to learn, and the last learns nothing', async () => {
  const { corners } = teacher();
  const total = (own: tf.Tensor, theirs: tf.Tensor): tf.Scalar => {
    const last = { corners: theirs as tf.Tensor3D, logits: teacher().logits };
    return edgeDistillation(answers(own as tf.Tensor3D), last, targetsOf('batch'), shares(), EDGES);
  };
  expect(Math.abs((await total(corners, corners).data())[0]!)).toBeLessThanOrEqual(1e-5);
  // TF.js refuses a gradient of what nothing leads back to.
  expect(() => tf.grad((theirs) => total(answers().corners, theirs))(corners)).toThrow('Cannot compute gradient');
});

test('warm steps leave nothing behind', () => {
  const [own, last] = [answers(), teacher()];
  const round = (): void => {
    const targets = targetsOf('image');
    const total = (corners: tf.Tensor): tf.Scalar => {
      const moved = { ...own, corners: corners as tf.Tensor3D };
      const located = tf.sum(fineGrainedLoss(moved, targets, EDGES));
      return tf.add(located, edgeDistillation(moved, last, targets, shares(), EDGES));
    };
    tf.dispose(tf.grad(total)(own.corners));
    disposeTargets(targets);
  };
  const { before, after } = aroundWarmRounds(opened, round);
  expect(after).toEqual(before);
});
