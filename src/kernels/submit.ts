/** Hands what TF.js has recorded so far to the device's queue. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** Only then are the buffers of disposed tensors free for what comes next. */
export function submit(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Disposed tensors whose buffers the recorded commands still need: TF.js 4.22 keeps the list to itself. */
interface Waiting {
  tensorDataPendingDisposal: tf.DataId[];
}

const sizeOf = (resource: unknown): number =>
  typeof resource === 'object' && resource !== null && 'size' in resource ? Number(resource.size) : 0;

/**
 * Submits where disposed tensors hold at least so many bytes; nothing on other backends than WebGPU.
 * @param least bytes
 */
export function submitWhenHeld(least: number): void {
  if (tf.getBackend() !== 'webgpu') return;
  const backend = tf.backend() as WebGPUBackend;
  const { tensorDataPendingDisposal: held } = backend as unknown as Waiting;
  const bytes = held.reduce((sum, id) => sum + sizeOf(backend.tensorMap.get(id)?.resource), 0);
  if (bytes >= least) submit(backend);
}
