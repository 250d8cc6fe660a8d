/**
 * Root mean square layer normalisation (arXiv 1910.07467, equation 4), with the addition before it fused in:
 * y = v / sqrt(mean(v^2) + epsilon) * weight, where v = x + residual.
 *
 * R rows (the product of the leading axes), W width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerEverywhere } from '../fallback';
import { entryOf, flatRows, rowsOf, runEachRow, sumOverRows, type Rows } from '../rows/program';
import { expectShape } from '../shapes';
import forwardSource from './forward.wgsl?raw';
import inputGradientSource from './input-gradient.wgsl?raw';
import { rmsNormGradientReference, rmsNormReference, sumReference } from './reference';
import scalesSource from './scales.wgsl?raw';
import weightGradientSource from './weight-gradient.wgsl?raw';

const NAME = 'rmsNorm';
const FORWARD = 'StepRmsNorm';
/** Its own kernel, since TF.js's gradients do not know inputs that may be absent. */
const FORWARD_WITH_RESIDUAL = 'StepRmsNormResidual';
const BACKWARD = 'StepRmsNormGrad';

type Info = tf.TensorInfo;

export interface RmsNormOptions {
  /** Added to the mean square, > 0; default 1e-6. */
  epsilon?: number;
  /** Of x's shape; added to x before the norm. */
  residual?: tf.Tensor;
}

/**
 * @param x [..., W]
 * @param weight [W]
 * @returns of x's shape; gradients to x, weight and residual
 * @throws DetectorError `internal` when the shapes do not fit each other
 */
export function rmsNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor1D,
  { epsilon = 1e-6, residual }: RmsNormOptions = {},
): T {
  expectShape(NAME, 'weight', weight.shape, [x.shape[x.rank - 1] ?? 'W']);
  const attributes = { epsilon };
  if (!residual) return tf.engine().runKernel(FORWARD, { x, weight }, attributes);
  expectShape(NAME, 'residual', residual.shape, x.shape);
  return tf.engine().runKernel(FORWARD_WITH_RESIDUAL, { x, residual, weight }, attributes);
}

function forward(of: Rows, x: Info, weight: Info, residual?: Info): Info {
  const { rows, width } = of;
  const out = runEachRow(of, {
    name: residual ? FORWARD_WITH_RESIDUAL : FORWARD,
    source: entryOf(residual !== undefined) + forwardSource,
    inputs: { x: flatRows(of, x), ...(residual && { residual: flatRows(of, residual) }), weight },
    shape: [rows, width],
  });
  return { ...out, shape: x.shape };
}

/** @returns gradients of x and weight */
function backward(of: Rows, x: Info, weight: Info, dy: Info): [Info, Info] {
  const { backend, rows, width } = of;
  const [flatX, flatDy] = [flatRows(of, x), flatRows(of, dy)];
  const scales = runEachRow(of, {
    name: `${BACKWARD}Scales`,
    source: scalesSource,
    inputs: { x: flatX },
    scalarOutput: true,
    shape: [rows],
  });
  const ofX = runEachRow(of, {
    name: `${BACKWARD}Input`,
    source: inputGradientSource,
    inputs: { x: flatX, weight, dy: flatDy, scales },
    scalars: ['scales'],
    shape: [rows, width],
  });
  const ofWeight = sumOverRows(of, `${BACKWARD}Columns`, {
    name: `${BACKWARD}Weight`,
    source: weightGradientSource,
    inputs: { x: flatX, dy: flatDy, scales },
    scalars: ['scales'],
  });
  backend.disposeData(scales.dataId);
  return [{ ...ofX, shape: x.shape }, ofWeight];
}

/** Everything is computed here, outside of the functions it returns: what those make and keep, the engine disposes of. */
function gradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor,
  attributes: tf.NamedAttrMap,
): [tf.Tensor, tf.Tensor] {
  return tf.engine().runKernel(BACKWARD, { x, weight, dy }, attributes);
}

function registerGradients(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'weight'],
    gradFunc: (dy, saved, attributes) => {
      const [x, weight] = saved as [tf.Tensor, tf.Tensor];
      const [ofX, ofWeight] = gradients(dy as tf.Tensor, x, weight, attributes as tf.NamedAttrMap);
      return { x: () => ofX, weight: () => ofWeight };
    },
  });
  tf.registerGradient({
    kernelName: FORWARD_WITH_RESIDUAL,
    inputsToSave: ['x', 'residual', 'weight'],
    gradFunc: (dy, saved, attributes) => {
      const [x, residual, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const sum = tf.add(x, residual);
      const [ofSum, ofWeight] = gradients(dy as tf.Tensor, sum, weight, attributes as tf.NamedAttrMap);
      return { x: () => ofSum, residual: () => tf.clone(ofSum), weight: () => ofWeight };
    },
  });
}

export function registerRmsNorm(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { x, weight }, attributes) => forward(rowsOf(backend, x!, attributes), x!, weight!),
    reference: (read, { x, weight }, { epsilon }) => [
      { shape: x!.shape, values: rmsNormReference(read(x!), read(weight!), epsilon as number) },
    ],
  });
  registerEverywhere(FORWARD_WITH_RESIDUAL, {
    webgpu: (backend, { x, residual, weight }, attributes) =>
      forward(rowsOf(backend, x!, attributes), x!, weight!, residual!),
    reference: (read, { x, residual, weight }, { epsilon }) => {
      const sum = sumReference(read(x!), read(residual!));
      return [{ shape: x!.shape, values: rmsNormReference(sum, read(weight!), epsilon as number) }];
    },
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { x, weight, dy }, attributes) => backward(rowsOf(backend, x!, attributes), x!, weight!, dy!),
    reference: (read, { x, weight, dy }, { epsilon }) => {
      const of = rmsNormGradientReference(read(x!), read(weight!), read(dy!), epsilon as number);
      return [
        { shape: x!.shape, values: of.x },
        { shape: weight!.shape, values: of.weight },
      ];
    },
  });
  registerGradients();
}
