/** The backward pass of a family against PyTorch's: every loss by its name in the reference's file, then every gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Safetensors } from '../../data/safetensors';
import type { Labels } from '../../lib/set-prediction';
import type { TensorSource } from '../../lib/tensor-source';
import { gradientsOf } from '../../nn/tape';
import { expectEveryGradient } from '../../nn/testing/gradients';
import type { Detector, Trace } from '../detector';
import { familyLosses, type FamilyAnswers } from '../set-loss/testing/family-losses';

const PREFIX = 'loss.';
/** Relative. */
const LOSS = 1e-3;

export interface BackwardCase {
  model: Detector;
  /** [B,H,W,3] */
  image: tf.Tensor4D;
  /** [B,H,W] */
  mask?: tf.Tensor3D;
  labels: readonly Labels[];
  /** The checkpoint's own tensors. */
  weights: TensorSource;
  cases: Safetensors;
  /** How many losses the reference has. */
  losses: number;
  /** Tensors without a gradient there. */
  skip: RegExp;
  /** Layers with a loss there; all unless told. */
  answers?: (trace: Trace) => readonly FamilyAnswers[];
}

export async function expectBackward(of: BackwardCase): Promise<void> {
  const { model, image, mask, labels, weights, cases, skip, answers = ({ layers }: Trace) => layers } = of;
  const rules = model.rules.filter(({ group }) => group !== 'policy');
  const { value, gradients } = await gradientsOf(
    async () => {
      const trace = model.decode(model.encode(image, { ...(mask && { mask }), backbone: true }));
      const losses = await familyLosses(model.setLoss, answers(trace), labels);
      return { loss: losses['total']!, value: losses };
    },
    rules.map(({ name }) => model.parameters.get(name)),
  );
  const names = cases.names.filter((name) => name.startsWith(PREFIX));
  expect(names.length, 'losses in the reference').toBe(of.losses);
  for (const name of names) {
    const expected = cases.float32(name)[0]!;
    const [got] = await value[name.slice(PREFIX.length)]!.data();
    expect(Math.abs(got! - expected), name).toBeLessThanOrEqual(LOSS * Math.abs(expected));
  }
  await expectEveryGradient({ rules, gradients, source: weights, cases, skip });
}
