/**
 * The top-down step of a feature pyramid: the finer level plus the coarser one, upsampled to nearest.
 *
 * B batch, h x w cells of the coarser level, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import forwardSource from './upsample-add.wgsl?raw';
import foldSource from './fold.wgsl?raw';
import { foldReference, upsampleAddReference } from './reference';

const FORWARD = 'StepUpsampleAdd';
const FOLD = 'StepUpsampleAddFold';

/** @param fine [B,2h,2w,C] @param coarse [B,h,w,C] @returns [B,2h,2w,C]; gradients to both */
export function upsampleAdd(fine: tf.Tensor4D, coarse: tf.Tensor4D): tf.Tensor4D {
  const [B, H, W, C] = fine.shape;
  const [b, h, w, c] = coarse.shape;
  if (B !== b || C !== c || H !== 2 * h || W !== 2 * w) {
    throw new Error(
      `upsampleAdd: expected fine [B,2h,2w,C] and coarse [B,h,w,C], got [${fine.shape}] and [${coarse.shape}]`,
    );
  }
  return tf.engine().runKernel(FORWARD, { fine, coarse });
}

function run(
  backend: WebGPUBackend,
  fold: boolean,
  inputs: Record<string, tf.TensorInfo>,
  shape: number[],
  by: number[],
): tf.TensorInfo {
  const components = shape[3]! % 4 === 0 ? 4 : 1;
  const total = tf.util.sizeFromShape(shape) / components;
  return runProgram(backend, {
    name: `${fold ? FOLD : FORWARD}${components}`,
    source: fold ? foldSource : forwardSource,
    inputs,
    output: { shape },
    components: { output: components, inputs: Object.keys(inputs).map(() => components) },
    work: total,
    uniforms: { total: { i32: [total] }, channels: { i32: [shape[3]! / components] }, width: { i32: [by[2]!] } },
  });
}

export function registerUpsampleAdd(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { fine, coarse }) =>
      run(backend, false, { fine: fine!, coarse: coarse! }, fine!.shape, fine!.shape),
    reference: (read, { fine, coarse }) => [
      { shape: fine!.shape, values: upsampleAddReference(read(fine!), read(coarse!), coarse!.shape) },
    ],
  });
  registerEverywhere(FOLD, {
    webgpu: (backend, { dy }) => {
      const [B, H, W, C] = dy!.shape as [number, number, number, number];
      const shape = [B, H / 2, W / 2, C];
      return run(backend, true, { dy: dy! }, shape, shape);
    },
    reference: (read, { dy }) => {
      const [B, H, W, C] = dy!.shape as [number, number, number, number];
      const shape = [B, H / 2, W / 2, C];
      return [{ shape, values: foldReference(read(dy!), shape) }];
    },
  });
  tf.registerGradient({
    kernelName: FORWARD,
    gradFunc: (dy) => {
      const folded = tf.engine().runKernel(FOLD, { dy: dy as tf.Tensor }) as tf.Tensor;
      return { fine: () => tf.clone(dy as tf.Tensor), coarse: () => folded };
    },
  });
}
