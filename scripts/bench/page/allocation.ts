/** What a hundred warm detections allocate. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { AllocationResult } from '../types';
import { GpuBytes } from './gpu-bytes';
import { detect, openOwn, samplePhoto, stepDetr } from './own-engine';
import { say } from './say';

const PHOTO = 'cat';
const WARM_UP = 3;

/** The part of TF.js's buffer manager that its types keep to themselves. */
interface BufferManager {
  acquireBuffer(size: number, ...rest: unknown[]): GPUBuffer;
}

/** Bytes that TF.js's buffer manager hands out from now on, new ones and recycled ones alike. */
function countAcquired(): { bytes: number } {
  const count = { bytes: 0 };
  const { bufferManager } = tf.backend() as WebGPUBackend as unknown as { bufferManager: BufferManager };
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, ...rest) => {
    count.bytes += size;
    return acquire(size, ...rest);
  };
  return count;
}

export async function allocation({ detections }: { detections: number }): Promise<AllocationResult> {
  const device = new GpuBytes();
  const own = await openOwn(await stepDetr());
  const pixels = await samplePhoto(PHOTO);
  for (let i = 0; i < WARM_UP; i++) await detect(own, pixels);
  const tfjs = countAcquired();
  const [made, { numTensors }] = [device.made, tf.memory()];
  for (let i = 1; i <= detections; i++) {
    await detect(own, pixels);
    if (i % 25 === 0) say(`allocation: ${i} of ${detections} detections`);
  }
  return {
    adapter: own.adapter,
    model: own.engine.model.name,
    detections,
    tfjs_bytes: tfjs.bytes,
    device_bytes: device.made - made,
    tensors: tf.memory().numTensors - numTensors,
  };
}
