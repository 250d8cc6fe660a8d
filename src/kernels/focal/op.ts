/**
 * Sigmoid focal loss (arXiv 1708.02002, equation 5): binary cross entropy of every column, weighted by how wrong its score is to
 * the power of gamma, alpha at the label's column and 1 - alpha at the others. The weight has a gradient too.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { expectShape } from '../shapes';
import { perLogitLoss, registerPerLogit, type Balance, type PerLogitKernels } from '../varifocal/per-logit';
import backwardSource from './backward.wgsl?raw';
import forwardSource from './forward.wgsl?raw';
import { focalGradientReference, focalReference } from './reference';

const NAME = 'focal';

const KERNELS: PerLogitKernels = {
  forward: 'StepFocal',
  backward: 'StepFocalGrad',
  forwardSource,
  backwardSource,
  forwardReference: ({ logits, labels }, { columns }, balance) => focalReference(logits!, labels!, columns, balance),
  backwardReference: ({ logits, labels, dy }, shape, balance) =>
    focalGradientReference(logits!, labels!, dy!, shape, balance),
};

/**
 * @param logits [S,Q,C] before the sigmoid
 * @param labels [S,Q] int32: the class column that a query stands for, -1 for none
 * @returns [S] sum of each set, not divided by anything; gradient to the logits
 * @throws DetectorError `internal` when shapes do not fit
 */
export function focal(logits: tf.Tensor3D, labels: tf.Tensor2D, balance: Balance): tf.Tensor1D {
  const [sets, queries] = logits.shape;
  expectShape(NAME, 'logits', logits.shape, ['S', 'Q', 'C']);
  expectShape(NAME, 'labels', labels.shape, [sets, queries]);
  return perLogitLoss(KERNELS, logits, { labels }, balance);
}

export const registerFocal = (): void => registerPerLogit(KERNELS);
