/** Puts a kernel of ours in the place of one of TF.js's on WebGPU; what ours does not cover goes to TF.js's. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** Returns null for what it does not cover. */
export type Replacement = (
  backend: WebGPUBackend,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap,
) => tf.TensorInfo | null;

/** @throws Error when TF.js has no such kernel: its WebGPU backend must be imported before */
export function replaceKernel(kernelName: string, replacement: Replacement): void {
  const original = tf.getKernel(kernelName, 'webgpu');
  if (!original) throw new Error(`replaceKernel: TF.js registered no ${kernelName} for webgpu`);
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    ...original,
    kernelFunc: (params) =>
      replacement(params.backend as WebGPUBackend, params.inputs, params.attrs ?? {}) ?? original.kernelFunc(params),
  });
}
