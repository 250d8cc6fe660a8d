/**
 * What fine-grained distribution refinement (D-FINE, arXiv 2410.13842, section 4.1) reads from the distribution of a box edge:
 * the expected offset under W(n), and for the localisation quality estimate the top probabilities and their mean
 * (generalised focal loss v2, arXiv 2011.12885, section 3.2).
 *
 * E edges (any leading shape), n bins, k top probabilities.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import backwardSource from './backward.wgsl?raw';
import forwardSource from './forward.wgsl?raw';
import { edgeDistributionGradientReference, edgeDistributionReference } from './reference';

const FORWARD = 'StepEdgeDistribution';
const BACKWARD = 'StepEdgeDistributionGrad';

/**
 * @param logits [..., n]
 * @param weights [n], W(n); no gradient
 * @param top k, 1..n
 * @returns [..., k + 2]: expected value, the k highest probabilities in falling order, their mean
 */
export function edgeDistribution(logits: tf.Tensor, weights: tf.Tensor1D, top: number): tf.Tensor {
  const bins = logits.shape[logits.shape.length - 1]!;
  if (weights.shape[0] !== bins || !(top >= 1 && top <= bins)) {
    throw new Error(
      `edgeDistribution: expected weights [${bins}] and top in 1..${bins}, got [${weights.shape}] and ${top}`,
    );
  }
  const flat = tf.reshape(logits, [logits.size / bins, bins]);
  const out: tf.Tensor = tf.engine().runKernel(FORWARD, { logits: flat, weights }, { top });
  return tf.reshape(out, [...logits.shape.slice(0, -1), top + 2]);
}

function run(
  backend: WebGPUBackend,
  backward: boolean,
  inputs: Record<string, tf.TensorInfo>,
  top: number,
): tf.TensorInfo {
  const [edges, bins] = inputs['logits']!.shape as [number, number];
  return runProgram(backend, {
    name: backward ? BACKWARD : FORWARD,
    source: backward ? backwardSource : forwardSource,
    inputs,
    output: { shape: [edges, backward ? bins : top + 2] },
    work: edges,
    constants: { BINS: bins, TOP: top },
    uniforms: { edges: { i32: [edges] } },
  });
}

export function registerEdgeDistribution(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { logits, weights }, { top }) =>
      run(backend, false, { logits: logits!, weights: weights! }, top as number),
    reference: (read, { logits, weights }, { top }) => [
      {
        shape: [logits!.shape[0]!, (top as number) + 2],
        values: edgeDistributionReference(read(logits!), read(weights!), top as number),
      },
    ],
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { logits, weights, dy }, { top }) =>
      run(backend, true, { logits: logits!, weights: weights!, dy: dy! }, top as number),
    reference: (read, { logits, weights, dy }, { top }) => [
      {
        shape: logits!.shape,
        values: edgeDistributionGradientReference(read(logits!), read(weights!), read(dy!), top as number),
      },
    ],
  });
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['logits', 'weights'],
    gradFunc: (dy, saved, attributes) => {
      const [logits, weights] = saved as [tf.Tensor, tf.Tensor];
      const gradient: tf.Tensor = tf
        .engine()
        .runKernel(BACKWARD, { logits, weights, dy: dy as tf.Tensor }, attributes as tf.NamedAttrMap);
      return { logits: () => gradient, weights: () => tf.zerosLike(weights) };
    },
  });
}
