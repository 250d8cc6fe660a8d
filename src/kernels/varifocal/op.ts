/**
 * IoU-aware class loss (VarifocalNet, arXiv 2008.13367, equation 2, as RT-DETR uses it, arXiv 2304.08069, section 4.2):
 * binary cross entropy weighted by the target q at the label's column, and by 0.75 p^2 without gradient at the others.
 *
 * S sets (a layer of an image each), Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram, type Program } from '../program';
import { expectShape } from '../shapes';
import { untraced } from '../untraced';
import backwardSource from './backward.wgsl?raw';
import forwardSource from './forward.wgsl?raw';
import { NEGATIVE, varifocalGradientReference, varifocalReference } from './reference';
import scoreSource from './score.wgsl?raw';

const NAME = 'varifocal';
const FORWARD = 'StepVarifocal';
const BACKWARD = 'StepVarifocalGrad';

type Info = tf.TensorInfo;

/**
 * @param logits [S,Q,C] before the sigmoid
 * @param labels [S,Q] int32: the class column that a query stands for, -1 for none
 * @param quality [S,Q] 0..1: its target there (IoU with its label); a constant, not read where labels is -1
 * @returns [S] sum of each set, not divided by anything; gradient to the logits
 * @throws DetectorError `internal` when shapes do not fit
 */
export function varifocal(logits: tf.Tensor3D, labels: tf.Tensor2D, quality: tf.Tensor2D): tf.Tensor1D {
  const [sets, queries] = logits.shape;
  expectShape(NAME, 'logits', logits.shape, ['S', 'Q', 'C']);
  expectShape(NAME, 'labels', labels.shape, [sets, queries]);
  expectShape(NAME, 'quality', quality.shape, [sets, queries]);
  const compute = tf.customGrad((x, save) => {
    const traced = x as tf.Tensor3D;
    (save as tf.GradSaveFunc)([traced, labels, quality]);
    const each: tf.Tensor3D = tf.engine().runKernel(FORWARD, { logits: traced, labels, quality });
    return {
      value: tf.sum(tf.sum(each, 2), 1),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        untraced(() =>
          tf.engine().runKernel<tf.Tensor>(BACKWARD, {
            logits: saved[0]!,
            labels: saved[1]!,
            quality: saved[2]!,
            dy,
          }),
        ),
    };
  });
  return compute(logits) as tf.Tensor1D;
}

function run(backend: WebGPUBackend, kernel: string, source: string, inputs: Record<string, Info>): Info {
  const [sets, queries, columns] = inputs['logits']!.shape as [number, number, number];
  const total = sets * queries * columns;
  const uniforms: NonNullable<Program['uniforms']> = { total: { i32: [total] }, columns: { i32: [columns] } };
  if (kernel === BACKWARD) uniforms['queries'] = { i32: [queries] };
  return runProgram(backend, {
    name: kernel,
    source: scoreSource + source,
    inputs,
    output: { shape: [sets, queries, columns] },
    work: total,
    constants: { NEGATIVE },
    uniforms,
  });
}

export function registerVarifocal(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { logits, labels, quality }) =>
      run(backend, FORWARD, forwardSource, { logits: logits!, labels: labels!, quality: quality! }),
    reference: (read, { logits, labels, quality }) => [
      {
        shape: logits!.shape,
        values: varifocalReference(read(logits!), read(labels!), read(quality!), logits!.shape[2]!),
      },
    ],
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { logits, labels, quality, dy }) =>
      run(backend, BACKWARD, backwardSource, { logits: logits!, labels: labels!, quality: quality!, dy: dy! }),
    reference: (read, { logits, labels, quality, dy }) => {
      const [sets, queries, columns] = logits!.shape as [number, number, number];
      const [x, c, q, g] = [read(logits!), read(labels!), read(quality!), read(dy!)];
      return [{ shape: logits!.shape, values: varifocalGradientReference(x, c, q, g, { sets, queries, columns }) }];
    },
  });
}
