/** Every gradient of a model against PyTorch's, in the checkpoint's own tensors. */
import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { relativeL2 } from '../../kernels/testing/compare';
import { dot } from '../../kernels/testing/gradients';
import type { TensorSource } from '../../lib/tensor-source';
import type { ParameterRule } from '../parameters';
import { chainBack } from './chain-back';

/** |ours - theirs| / |theirs| in L2, at most. */
const GRADIENT = 1e-2;
/** Gradients below this part of the largest one are zero: a key's bias moves all scores of a query alike, PyTorch's answer is rounding noise. */
const NOISE = 1e-6;
const PREFIX = 'grad.';

export interface GradientCase {
  rules: readonly ParameterRule[];
  /** With respect to the rules' parameters, in their order and layout. */
  gradients: readonly tf.Tensor[];
  /** The checkpoint that the parameters were made of. */
  source: TensorSource;
  /** Holds `grad.<tensor>` for the tensors of the checkpoint. */
  cases: TensorSource;
  /** Tensors whose gradients are not to be compared: say why beside it. */
  skip?: RegExp;
}

function norm(values: Float32Array): number {
  return Math.sqrt(dot(values, values));
}

/** Tensors of folded batch norms, which have no gradient in a reference that freezes them (and holds them as buffers). */
function foldedNorms(rules: readonly ParameterRule[]): Set<string> {
  const folded = rules.filter(({ unfold }) => unfold !== undefined);
  return new Set(folded.flatMap(({ parts }) => parts.filter(({ shape }) => shape.length === 1).map((p) => p.tensor)));
}

/** Whether what stands for a tensor's gradient is the tensor itself: a buffer, which the reference's writer did not leave out. */
function isBuffer(tensor: string, source: TensorSource, cases: TensorSource): boolean {
  if (!source.names.includes(tensor)) return false;
  const [own, given] = [source.float32(tensor), cases.float32(PREFIX + tensor)];
  return norm(own) > 0 && own.length === given.length && own.every((value, i) => value === given[i]);
}

/**
 * Compares each gradient with the reference's; fails too where one of the two has a tensor that the other has not.
 * @returns the greatest relative difference, and how many tensors were compared
 */
export async function expectEveryGradient({
  rules,
  gradients,
  source,
  cases,
  skip,
}: GradientCase): Promise<{ worst: number; compared: number }> {
  expect(gradients.length, 'gradients, one for each rule').toBe(rules.length);
  const values = await Promise.all(gradients.map(async (gradient) => (await gradient.data()) as Float32Array));
  const ours = chainBack(rules, values, source);
  const wanted = cases.names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .filter((tensor) => !skip?.test(tensor) && !isBuffer(tensor, source, cases));
  expect(wanted.length, 'gradients in the reference').toBeGreaterThan(0);
  const frozen = foldedNorms(rules);
  const known = new Set(wanted);
  const unknown = [...ours.keys()].filter((tensor) => !known.has(tensor) && !frozen.has(tensor) && !skip?.test(tensor));
  expect(unknown, 'tensors of our rules without a gradient in the reference').toEqual([]);
  expect(
    wanted.filter((tensor) => !ours.has(tensor)),
    'gradients in the reference that no rule of ours reads',
  ).toEqual([]);

  const noise = NOISE * Math.max(...wanted.map((tensor) => norm(cases.float32(PREFIX + tensor))));
  let worst = 0;
  for (const tensor of wanted) {
    const [own, reference] = [ours.get(tensor)!, cases.float32(PREFIX + tensor)];
    if (norm(reference) <= noise) {
      expect(norm(own), `${tensor}, zero`).toBeLessThanOrEqual(noise);
      continue;
    }
    const difference = relativeL2(own, reference);
    worst = Math.max(worst, difference);
    expect(difference, tensor).toBeLessThanOrEqual(GRADIENT);
  }
  return { worst, compared: wanted.length };
}
