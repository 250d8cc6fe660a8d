/**
 * The gated activation of SwiGLU (arXiv 2002.05202, equation 6, without its linear layers): silu(gate) * value.
 *
 * R rows (the product of the leading axes), H half of the width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import { expectThat } from '../shapes';
import { vectorSize, vectorSource } from '../vectors/vectors';
import backwardSource from './backward.wgsl?raw';
import forwardSource from './forward.wgsl?raw';
import { swigluGradientReference, swigluReference } from './reference';
import sigmoidSource from './sigmoid.wgsl?raw';

const NAME = 'swiglu';
const FORWARD = 'StepSwiglu';
const BACKWARD = 'StepSwigluGrad';

type Info = tf.TensorInfo;

/**
 * @param x [..., 2H]: the gate, then what it gates
 * @returns [..., H] = silu(x[..., :H]) * x[..., H:]; gradient to x
 * @throws DetectorError `internal` when the last axis is odd
 */
export function swiglu(x: tf.Tensor): tf.Tensor {
  expectThat(NAME, x.rank >= 1 && x.shape[x.rank - 1]! % 2 === 0, `expected x [..., 2H], got [${x.shape}]`);
  return tf.engine().runKernel(FORWARD, { x });
}

function halfOf(x: Info): number {
  return x.shape[x.shape.length - 1]! / 2;
}

function halvedShape(x: Info): number[] {
  return [...x.shape.slice(0, -1), halfOf(x)];
}

function run(backend: WebGPUBackend, x: Info, dy?: Info): Info {
  const half = halfOf(x);
  const vector = vectorSize(half);
  const rows = tf.util.sizeFromShape(x.shape) / (2 * half);
  const work = (rows * half) / vector;
  // Flat, so that one pipeline serves every leading shape.
  const flatX = { ...x, shape: [rows, 2 * half] };
  const out = runProgram(backend, {
    name: `${dy ? BACKWARD : FORWARD}${vector}`,
    source: vectorSource(vector) + sigmoidSource + (dy ? backwardSource : forwardSource),
    inputs: dy ? { x: flatX, dy: { ...dy, shape: [rows, half] } } : { x: flatX },
    output: { shape: dy ? [rows, 2 * half] : [rows, half] },
    components: { output: vector, inputs: dy ? [vector, vector] : [vector] },
    work,
    constants: { HALF: half / vector },
    uniforms: { total: { i32: [work] } },
  });
  return { ...out, shape: dy ? x.shape : halvedShape(x) };
}

export function registerSwiglu(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { x }) => run(backend, x!),
    reference: (read, { x }) => [{ shape: halvedShape(x!), values: swigluReference(read(x!), halfOf(x!)) }],
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { x, dy }) => run(backend, x!, dy!),
    reference: (read, { x, dy }) => [
      { shape: x!.shape, values: swigluGradientReference(read(x!), read(dy!), halfOf(x!)) },
    ],
  });
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => {
      const gradient: tf.Tensor = tf.engine().runKernel(BACKWARD, { x: saved[0]!, dy: dy as tf.Tensor });
      return { x: () => gradient };
    },
  });
}
