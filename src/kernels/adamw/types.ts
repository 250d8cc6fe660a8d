/** What a step of the optimiser is given. */
import type * as tf from '@tensorflow/tfjs-core';

/** All of one shape, float32. All but the gradient are written, so they come from `deviceCopy`. */
export interface AdamWSlot {
  parameter: tf.Tensor;
  gradient: tf.Tensor;
  /** Mean of the gradient, starts at 0. */
  m: tf.Tensor;
  /** Mean of its square, starts at 0. */
  v: tf.Tensor;
  /** Moving average of the parameter. */
  ema?: tf.Tensor | undefined;
}

export interface AdamWOptions {
  /** Learning rate of each slot. */
  rates: readonly number[];
  /** Decoupled weight decay of each slot: the parameter is first multiplied by 1 - rate decay. */
  decays: readonly number[];
  beta1: number;
  beta2: number;
  epsilon: number;
  /** 1, 2, … of the applied steps: corrects the moments' bias. */
  step: number;
  /** ema = emaDecay ema + (1 - emaDecay) parameter, after the step. */
  emaDecay: number;
}
