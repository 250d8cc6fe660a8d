/**
 * Matchability-aware class loss (DEIM, arXiv 2412.04234, section 3.3, which DEIMv2 trains with, arXiv 2509.20787): binary cross
 * entropy with the target quality^gamma and the weight 1 at the label's column, and the weight alpha p^gamma without gradient at the
 * others. Unlike the varifocal loss it holds a match to account that fits badly.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import type * as tf from '@tensorflow/tfjs-core';
import backwardSource from './matchability-backward.wgsl?raw';
import forwardSource from './matchability-forward.wgsl?raw';
import { iouAwareLoss, registerPerLogit, type Balance, type PerLogitKernels } from './per-logit';
import { matchabilityGradientReference, matchabilityReference } from './reference';

const KERNELS: PerLogitKernels = {
  forward: 'StepMatchability',
  backward: 'StepMatchabilityGrad',
  forwardSource,
  backwardSource,
  forwardReference: ({ logits, labels, quality }, { columns }, balance) =>
    matchabilityReference(logits!, labels!, quality!, columns, balance),
  backwardReference: ({ logits, labels, quality, dy }, shape, balance) =>
    matchabilityGradientReference(logits!, labels!, quality!, dy!, shape, balance),
};

/**
 * @param logits [S,Q,C] before the sigmoid
 * @param labels [S,Q] int32: the class column that a query stands for, -1 for none
 * @param quality [S,Q] 0..1: IoU with its label; a constant, not read where labels is -1
 * @returns [S] sum of each set, not divided by anything; gradient to the logits
 * @throws DetectorError `internal` when shapes do not fit
 */
export const matchability = (
  logits: tf.Tensor3D,
  labels: tf.Tensor2D,
  quality: tf.Tensor2D,
  balance: Balance,
): tf.Tensor1D => iouAwareLoss('matchability', KERNELS, { logits, labels, quality }, balance);

export const registerMatchability = (): void => registerPerLogit(KERNELS);
