/**
 * Tensors that may be written in place. TF.js keeps a tensor's numbers in JavaScript until a kernel first reads them, and
 * again once they were read back; either way it would not see what was written in place.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { untraced } from '../untraced';
import { submit } from '../submit';

const writable = new WeakSet<tf.DataId>();

/** True for the numbers of a `deviceCopy`: nothing made of them may be kept in place of reading them again. */
export const mayBeWritten = (dataId: tf.DataId): boolean => writable.has(dataId);

/** The GPU buffer of a tensor, uploaded if it was not. @param tensor without numbers to upload: they are not set */
export function bufferOf(backend: WebGPUBackend, { dataId }: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId);
  return backend.tensorMap.get(dataId).resource as GPUBuffer;
}

/** Bit for bit: arithmetic could make zeros of the smallest numbers. */
function bufferCopy(backend: WebGPUBackend, x: tf.Tensor): tf.Tensor {
  const { device } = backend;
  const copy = backend.makeTensorInfo(x.shape, x.dtype);
  const [from, to] = [bufferOf(backend, x), bufferOf(backend, copy)];
  submit(backend);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, 0, to.size);
  device.queue.submit([encoder.finish()]);
  return tf.engine().makeTensorFromTensorInfo(copy);
}

/** Writes the numbers of one tensor into another of the same size. */
export function copyInto(backend: WebGPUBackend, from: tf.Tensor, to: tf.Tensor): void {
  const [source, target] = [bufferOf(backend, from), bufferOf(backend, to)];
  submit(backend);
  const encoder = backend.device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, target, 0, source.size);
  backend.device.queue.submit([encoder.finish()]);
}

/**
 * A copy of `x` (float32) with memory of its own that is on the device alone. Nothing may call `data()` or `dataSync()` on it:
 * read it through `readNumbers`. The caller's; no enclosing tidy frees it.
 */
export function deviceCopy<T extends tf.Tensor>(x: T): T {
  const backend = tf.getBackend() === 'webgpu' ? (tf.backend() as WebGPUBackend) : null;
  const copy = tf.keep(backend ? bufferCopy(backend, x) : untraced(() => tf.tidy(() => tf.mul(x, 1))));
  writable.add(copy.dataId);
  return copy as T;
}

/** The numbers of a tensor that may be written in place, in its memory's order. */
export async function readNumbers(x: tf.Tensor): Promise<Float32Array<ArrayBuffer>> {
  const copy = deviceCopy(x);
  try {
    return (await copy.data()) as Float32Array<ArrayBuffer>;
  } finally {
    copy.dispose();
  }
}
