/**
 * What the class losses over single logits share: a kernel that computes each logit's part, one for its slope, and the sum of
 * every set.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere, type Attributes } from '../fallback';
import { runProgram, type Program } from '../program';
import { expectShape } from '../shapes';
import { untraced } from '../untraced';
import scoreSource from './score.wgsl?raw';

/** How a class loss weighs right and wrong columns, and easy and hard ones. */
export interface Balance {
  /** 0..1 */
  alpha: number;
  /** At least 0. */
  gamma: number;
}

export interface PerLogitShape {
  sets: number;
  queries: number;
  columns: number;
}

/** A loss's names with TF.js, and its sources: WGSL that uses `score`, `softplus`, `focus` and the uniforms alpha and gamma. */
export interface PerLogitKernels {
  forward: string;
  backward: string;
  forwardSource: string;
  backwardSource: string;
  /** Plain loops over the same inputs, by name. @returns [S,Q,C] */
  forwardReference(values: Record<string, Float32Array>, shape: PerLogitShape, balance: Balance): Float32Array;
  /** @param values also holds dy [S] */
  backwardReference(values: Record<string, Float32Array>, shape: PerLogitShape, balance: Balance): Float32Array;
}

type Info = tf.TensorInfo;
type Infos = Record<string, Info>;

const balanceOf = (attributes: Attributes): Balance => attributes as unknown as Balance;

/**
 * @param logits [S,Q,C]
 * @param constants labels and what else the kernels read; no gradient goes to them
 * @returns [S] sum of each set; gradient to the logits
 */
export function perLogitLoss(
  { forward, backward }: Pick<PerLogitKernels, 'forward' | 'backward'>,
  logits: tf.Tensor3D,
  constants: tf.NamedTensorMap,
  { alpha, gamma }: Balance,
): tf.Tensor1D {
  const attributes = { alpha, gamma };
  const names = Object.keys(constants);
  const compute = tf.customGrad((x, save) => {
    const traced = x as tf.Tensor3D;
    (save as tf.GradSaveFunc)([traced, ...Object.values(constants)]);
    const each: tf.Tensor3D = tf.engine().runKernel(forward, { logits: traced, ...constants }, attributes);
    return {
      value: tf.sum(tf.sum(each, 2), 1),
      gradFunc: (dy: tf.Tensor, [own, ...others]: tf.Tensor[]) => {
        const saved = Object.fromEntries(names.map((name, at) => [name, others[at]!]));
        return untraced(() => tf.engine().runKernel<tf.Tensor>(backward, { logits: own!, ...saved, dy }, attributes));
      },
    };
  });
  return compute(logits) as tf.Tensor1D;
}

/** A class loss whose target at the label's column follows from the IoU. */
export interface IouAwareInputs {
  /** [S,Q,C] before the sigmoid. */
  logits: tf.Tensor3D;
  /** [S,Q] int32, -1 for none. */
  labels: tf.Tensor2D;
  /** [S,Q] 0..1 */
  quality: tf.Tensor2D;
}

/** @returns [S] sum of each set; gradient to the logits @throws DetectorError `internal` naming the loss when shapes do not fit */
export function iouAwareLoss(
  name: string,
  kernels: PerLogitKernels,
  { logits, labels, quality }: IouAwareInputs,
  balance: Balance,
): tf.Tensor1D {
  const [sets, queries] = logits.shape;
  expectShape(name, 'logits', logits.shape, ['S', 'Q', 'C']);
  expectShape(name, 'labels', labels.shape, [sets, queries]);
  expectShape(name, 'quality', quality.shape, [sets, queries]);
  return perLogitLoss(kernels, logits, { labels, quality }, balance);
}

function shapeOf({ logits }: Infos): PerLogitShape {
  const [sets, queries, columns] = logits!.shape as [number, number, number];
  return { sets, queries, columns };
}

function run(backend: WebGPUBackend, name: string, source: string, inputs: Infos, { alpha, gamma }: Balance): Info {
  const { sets, queries, columns } = shapeOf(inputs);
  const total = sets * queries * columns;
  const uniforms: NonNullable<Program['uniforms']> = {
    total: { i32: [total] },
    columns: { i32: [columns] },
    alpha: { f32: [alpha] },
    gamma: { f32: [gamma] },
    ...('dy' in inputs && { queries: { i32: [queries] } }),
  };
  return runProgram(backend, {
    name,
    source: scoreSource + source,
    inputs,
    output: { shape: [sets, queries, columns] },
    work: total,
    uniforms,
  });
}

export function registerPerLogit(kernels: PerLogitKernels): void {
  const parts = [
    [kernels.forward, kernels.forwardSource, kernels.forwardReference],
    [kernels.backward, kernels.backwardSource, kernels.backwardReference],
  ] as const;
  for (const [name, source, reference] of parts)
    registerEverywhere(name, {
      webgpu: (backend, inputs, attributes) => run(backend, name, source, inputs as Infos, balanceOf(attributes)),
      reference: (read, inputs, attributes) => {
        const values = Object.fromEntries(Object.entries(inputs as Infos).map(([key, info]) => [key, read(info)]));
        const computed = reference(values, shapeOf(inputs as Infos), balanceOf(attributes));
        return [{ shape: inputs['logits']!.shape, values: computed }];
      },
    });
}
