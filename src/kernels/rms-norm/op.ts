/**
 * Root mean square layer normalisation (arXiv 1910.07467, equation 4), with the addition before it fused in:
 * y = v / sqrt(mean(v^2) + epsilon) * weight, where v = x + residual.
 *
 * R rows (the product of the leading axes), W width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere, type Attributes } from '../fallback';
import { runProgram, type Program } from '../program';
import { expectShape } from '../shapes';
import { vectorSize, vectorSource } from '../vectors/vectors';
import columnSumSource from './column-sum.wgsl?raw';
import residualEntrySource from './entry-with-residual.wgsl?raw';
import entrySource from './entry.wgsl?raw';
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
/** Threads that share a row, at most. One is best on SwiftShader, many on a GPU; with four the former loses little. */
const MOST_PARTS = 4;
/** Rows that one thread sums up for the gradient of the weight. */
const BLOCK = 32;

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

interface Rows {
  backend: WebGPUBackend;
  rows: number;
  width: number;
  epsilon: number;
}

/** One program; inputs named in `scalars` (and the output, if `scalarOutput`) are not split into vectors. */
interface Pass {
  name: string;
  source: string;
  inputs: Record<string, Info>;
  scalars?: readonly string[];
  scalarOutput?: boolean;
  shape: number[];
  work: number;
  uniforms?: Program['uniforms'];
}

function rowsOf(backend: WebGPUBackend, x: Info, { epsilon }: Attributes): Rows {
  const width = x.shape[x.shape.length - 1]!;
  return { backend, rows: tf.util.sizeFromShape(x.shape) / width, width, epsilon: epsilon as number };
}

/** Threads of a row: no more than it has vectors. */
function partsOf(width: number): number {
  return Math.min(MOST_PARTS, width / vectorSize(width));
}

function run({ backend, width, epsilon }: Rows, pass: Pass): Info {
  const vector = vectorSize(width);
  const componentsOf = (input: string): number => (pass.scalars?.includes(input) ? 1 : vector);
  return runProgram(backend, {
    name: `${pass.name}${vector}`,
    source: vectorSource(vector) + pass.source,
    inputs: pass.inputs,
    output: { shape: pass.shape },
    components: { output: pass.scalarOutput ? 1 : vector, inputs: Object.keys(pass.inputs).map(componentsOf) },
    work: pass.work,
    constants: { WIDTH: width / vector, NUMBERS: width, PARTS: partsOf(width), BLOCK },
    uniforms: { total: { i32: [pass.work] }, epsilon: { f32: [epsilon] }, ...pass.uniforms },
  });
}

function forward(of: Rows, x: Info, weight: Info, residual?: Info): Info {
  const { rows, width } = of;
  // Flat, so that one pipeline serves every leading shape.
  const flat = (tensor: Info): Info => ({ ...tensor, shape: [rows, width] });
  const out = run(of, {
    name: residual ? FORWARD_WITH_RESIDUAL : FORWARD,
    source: (residual ? residualEntrySource : entrySource) + forwardSource,
    inputs: residual ? { x: flat(x), residual: flat(residual), weight } : { x: flat(x), weight },
    shape: [rows, width],
    work: rows * partsOf(width),
  });
  return { ...out, shape: x.shape };
}

/** @returns [W], by way of one partial sum for each block of rows */
function weightGradient(of: Rows, x: Info, dy: Info, scales: Info): Info {
  const { backend, rows, width } = of;
  const blocks = Math.ceil(rows / BLOCK);
  const columns = width / vectorSize(width);
  const shares = run(of, {
    name: `${BACKWARD}Weight`,
    source: weightGradientSource,
    inputs: { x, dy, scales },
    scalars: ['scales'],
    shape: [blocks, width],
    work: blocks * columns,
    uniforms: { rows: { i32: [rows] } },
  });
  if (blocks === 1) return { ...shares, shape: [width] };
  const sum = run(of, {
    name: `${BACKWARD}Columns`,
    source: columnSumSource,
    inputs: { shares },
    shape: [width],
    work: columns,
    uniforms: { blocks: { i32: [blocks] } },
  });
  backend.disposeData(shares.dataId);
  return sum;
}

/** @returns gradients of x and weight */
function backward(of: Rows, x: Info, weight: Info, dy: Info): [Info, Info] {
  const { backend, rows, width } = of;
  const shape = [rows, width];
  const flatX = { ...x, shape };
  const flatDy = { ...dy, shape };
  const scales = run(of, {
    name: `${BACKWARD}Scales`,
    source: scalesSource,
    inputs: { x: flatX },
    scalarOutput: true,
    shape: [rows],
    work: rows,
  });
  const ofX = run(of, {
    name: `${BACKWARD}Input`,
    source: inputGradientSource,
    inputs: { x: flatX, weight, dy: flatDy, scales },
    scalars: ['scales'],
    shape,
    work: rows * partsOf(width),
  });
  const ofWeight = weightGradient(of, flatX, flatDy, scales);
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
