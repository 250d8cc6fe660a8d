/** The parts of TF.js 4.22's WebGPU backend that its types keep to themselves and a recording needs. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

export interface BufferManager {
  acquireBuffer(size: number, usage: GPUBufferUsageFlags, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

type RunProgram = (program: WebGPUProgram & { flops?: number }, inputs: TensorInfo[], ...rest: unknown[]) => TensorInfo;

export interface Internals {
  bufferManager: BufferManager;
  runWebGPUProgram: RunProgram;
}

export const internalsOf = (backend: WebGPUBackend): Internals => backend as unknown as Internals;
