/** Hands what TF.js has recorded so far to the device's queue. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** Only then are the buffers of disposed tensors free for what comes next. */
export function submit(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** As `submit`, for the backend in use; nothing on others than WebGPU. */
export function submitPending(): void {
  if (tf.getBackend() === 'webgpu') submit(tf.backend() as WebGPUBackend);
}
