/**
 * Layer normalisation (arXiv 1607.06450, equation 4 over the last axis), with the addition before it fused in:
 * y = (v - mean(v)) / sqrt(variance(v) + epsilon) * weight + bias, where v = x + residual.
 *
 * R rows (the product of the leading axes), W width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerEverywhere } from '../fallback';
import { sumReference } from '../rms-norm/reference';
import { flatRows, rowsOf, runEachRow, sumOverRows, type Rows } from '../rows/program';
import { expectShape } from '../shapes';
import biasGradientSource from './bias-gradient.wgsl?raw';
import inputGradientSource from './input-gradient.wgsl?raw';
import { FORWARD, FORWARD_WITH_RESIDUAL, forward } from './program';
import { layerNormGradientReference, layerNormReference } from './reference';
import statisticsSource from './statistics.wgsl?raw';
import { registerRowNormVariants } from './tunable';
import weightGradientSource from './weight-gradient.wgsl?raw';

const NAME = 'layerNorm';
const BACKWARD = 'StepLayerNormGrad';

type Info = tf.TensorInfo;

export interface LayerNormOptions {
  /** Added to the variance, > 0; default 1e-5, PyTorch's. */
  epsilon?: number;
  /** Of x's shape; added to x before the norm. */
  residual?: tf.Tensor;
}

/**
 * @param x [..., W]
 * @param weight [W]
 * @param bias [W]
 * @returns of x's shape; gradients to x, weight, bias and residual
 * @throws DetectorError `internal` when the shapes do not fit each other
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  { epsilon = 1e-5, residual }: LayerNormOptions = {},
): T {
  const width = x.shape[x.rank - 1] ?? 'W';
  expectShape(NAME, 'weight', weight.shape, [width]);
  expectShape(NAME, 'bias', bias.shape, [width]);
  const attributes = { epsilon };
  if (!residual) return tf.engine().runKernel(FORWARD, { x, weight, bias }, attributes);
  expectShape(NAME, 'residual', residual.shape, x.shape);
  return tf.engine().runKernel(FORWARD_WITH_RESIDUAL, { x, residual, weight, bias }, attributes);
}

/** @returns gradients of x, weight and bias */
function backward(of: Rows, x: Info, weight: Info, dy: Info): [Info, Info, Info] {
  const { backend, rows, width } = of;
  const [flatX, flatDy] = [flatRows(of, x), flatRows(of, dy)];
  const statistics = runEachRow(of, {
    name: `${BACKWARD}Statistics`,
    source: statisticsSource,
    inputs: { x: flatX },
    scalarOutput: true,
    shape: [rows, 2],
  });
  const scalars = ['statistics'];
  const ofX = runEachRow(of, {
    name: `${BACKWARD}Input`,
    source: inputGradientSource,
    inputs: { x: flatX, weight, dy: flatDy, statistics },
    scalars,
    shape: [rows, width],
  });
  const columns = `${BACKWARD}Columns`;
  const ofWeight = sumOverRows(of, columns, {
    name: `${BACKWARD}Weight`,
    source: weightGradientSource,
    inputs: { x: flatX, dy: flatDy, statistics },
    scalars,
  });
  const ofBias = sumOverRows(of, columns, {
    name: `${BACKWARD}Bias`,
    source: biasGradientSource,
    inputs: { dy: flatDy },
  });
  backend.disposeData(statistics.dataId);
  return [{ ...ofX, shape: x.shape }, ofWeight, ofBias];
}

/** Everything is computed here, outside of the functions it returns: what those make and keep, the engine disposes of. */
function gradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor,
  attributes: tf.NamedAttrMap,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  return tf.engine().runKernel(BACKWARD, { x, weight, dy }, attributes);
}

function registerGradients(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'weight'],
    gradFunc: (dy, saved, attributes) => {
      const [x, weight] = saved as [tf.Tensor, tf.Tensor];
      const [ofX, ofWeight, ofBias] = gradients(dy as tf.Tensor, x, weight, attributes as tf.NamedAttrMap);
      return { x: () => ofX, weight: () => ofWeight, bias: () => ofBias };
    },
  });
  tf.registerGradient({
    kernelName: FORWARD_WITH_RESIDUAL,
    inputsToSave: ['x', 'residual', 'weight'],
    gradFunc: (dy, saved, attributes) => {
      const [x, residual, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const sum = tf.add(x, residual);
      const [ofSum, ofWeight, ofBias] = gradients(dy as tf.Tensor, sum, weight, attributes as tf.NamedAttrMap);
      return { x: () => ofSum, residual: () => tf.clone(ofSum), weight: () => ofWeight, bias: () => ofBias };
    },
  });
}

export function registerLayerNorm(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { x, weight, bias }, attributes) => forward(rowsOf(backend, x!, attributes), x!, weight!, bias!),
    reference: (read, { x, weight, bias }, { epsilon }) => [
      { shape: x!.shape, values: layerNormReference(read(x!), read(weight!), read(bias!), epsilon as number) },
    ],
  });
  registerEverywhere(FORWARD_WITH_RESIDUAL, {
    webgpu: (backend, { x, residual, weight, bias }, attributes) =>
      forward(rowsOf(backend, x!, attributes), x!, weight!, bias!, residual!),
    reference: (read, { x, residual, weight, bias }, { epsilon }) => {
      const sum = sumReference(read(x!), read(residual!));
      return [{ shape: x!.shape, values: layerNormReference(sum, read(weight!), read(bias!), epsilon as number) }];
    },
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { x, weight, dy }, attributes) => backward(rowsOf(backend, x!, attributes), x!, weight!, dy!),
    reference: (read, { x, weight, dy }, { epsilon }) => {
      const of = layerNormGradientReference(read(x!), read(weight!), read(dy!), epsilon as number);
      return [
        { shape: x!.shape, values: of.x },
        { shape: weight!.shape, values: of.weight },
        { shape: weight!.shape, values: of.bias },
      ];
    },
  });
  registerGradients();
  registerRowNormVariants();
}
