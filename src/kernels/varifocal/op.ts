/**
 * IoU-aware class loss (VarifocalNet, arXiv 2008.13367, equation 2, as RT-DETR uses it, arXiv 2304.08069, section 4.2):
 * binary cross entropy weighted by the target q at the label's column, and by alpha p^gamma without gradient at the others.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import type * as tf from '@tensorflow/tfjs-core';
import backwardSource from './backward.wgsl?raw';
import forwardSource from './forward.wgsl?raw';
import { iouAwareLoss, registerPerLogit, type Balance, type PerLogitKernels } from './per-logit';
import { RT_DETR_BALANCE, varifocalGradientReference, varifocalReference } from './reference';

const KERNELS: PerLogitKernels = {
  forward: 'StepVarifocal',
  backward: 'StepVarifocalGrad',
  forwardSource,
  backwardSource,
  forwardReference: ({ logits, labels, quality }, { columns }, balance) =>
    varifocalReference(logits!, labels!, quality!, columns, balance),
  backwardReference: ({ logits, labels, quality, dy }, shape, balance) =>
    varifocalGradientReference(logits!, labels!, quality!, dy!, shape, balance),
};

/**
 * @param logits [S,Q,C] before the sigmoid
 * @param labels [S,Q] int32: the class column that a query stands for, -1 for none
 * @param quality [S,Q] 0..1: its target there (IoU with its label); a constant, not read where labels is -1
 * @param balance of the columns that no label stands for
 * @returns [S] sum of each set, not divided by anything; gradient to the logits
 * @throws DetectorError `internal` when shapes do not fit
 */
export function varifocal(
  logits: tf.Tensor3D,
  labels: tf.Tensor2D,
  quality: tf.Tensor2D,
  balance: Balance = RT_DETR_BALANCE,
): tf.Tensor1D {
  return iouAwareLoss('varifocal', KERNELS, { logits, labels, quality }, balance);
}

export const registerVarifocal = (): void => registerPerLogit(KERNELS);
