/**
 * Weights of linear layers that stay f16 in the device's memory: an i32 tensor [I,O/2] with two numbers in each. `linear` reads it
 * as it is and adds in f32; nothing else does. No feature of the adapter is needed: WGSL unpacks halves everywhere.
 *
 * I input width, O output width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { expectThat } from '../shapes';
import { runTemplate } from '../template';
import { packHalves } from './pack';
import source from './widen.wgsl?raw';

/** True for a tensor of `packedHalves`: no weight in use is of whole numbers else. */
export const isPacked = ({ dtype }: tf.TensorInfo): boolean => dtype === 'int32';

/**
 * @param values [I,O] row-major
 * @returns null where f16 would lose something, rows cannot be read by fours, or the backend is not WebGPU
 */
export function packedHalves(values: Float32Array, shape: readonly number[]): tf.Tensor2D | null {
  const [input, output] = shape;
  if (tf.getBackend() !== 'webgpu' || shape.length !== 2 || output! % 4 !== 0) return null;
  const packed = packHalves(values);
  return packed && tf.tensor2d(packed, [input!, output! / 2], 'int32');
}

/**
 * @param packed of `packedHalves`
 * @returns [I,O] float32; outside of any gradient
 */
export function widened(packed: tf.Tensor2D): tf.Tensor2D {
  expectThat('widened', isPacked(packed), `expected packed halves, got ${packed.dtype}`);
  expectThat('widened', tf.getBackend() === 'webgpu', `expected the webgpu backend, got ${tf.getBackend()}`);
  const [input, half] = packed.shape;
  const work = (input * half) / 2;
  const info = runTemplate(tf.backend() as WebGPUBackend, {
    name: 'StepWiden',
    template: source,
    inputs: { packed },
    output: { shape: [input, 2 * half] },
    components: { output: 4, inputs: [2] },
    work,
    uniforms: { work: { i32: [work] } },
  });
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor2D;
}
