/** Registers one operation for every backend: its WGSL program on WebGPU, its plain reference on WebAssembly and the CPU. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

export type Inputs = Record<string, tf.TensorInfo | undefined>;
export type Attributes = Record<string, unknown>;

export interface PlainResult {
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

export interface Implementation {
  webgpu(backend: WebGPUBackend, inputs: Inputs, attributes: Attributes): tf.TensorInfo | tf.TensorInfo[];
  /** `read` gives an input's values; int32 tensors come as float32 copies of their numbers. */
  reference(read: (tensor: tf.TensorInfo) => Float32Array, inputs: Inputs, attributes: Attributes): PlainResult[];
}

/** Backends whose data is in JavaScript's reach. */
interface PlainBackend extends tf.KernelBackend {
  readSync(dataId: object): tf.backend_util.BackendValues;
}

const PLAIN_BACKENDS = ['wasm', 'cpu'];

function plainKernel(reference: Implementation['reference']): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const plain = backend as PlainBackend;
    const read = ({ dataId }: tf.TensorInfo): Float32Array => {
      const values = plain.readSync(dataId);
      return values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
    };
    const outputs = reference(read, inputs as Inputs, (attrs ?? {}) as Attributes).map(
      ({ shape, values }): tf.TensorInfo => {
        const dtype = values instanceof Int32Array ? 'int32' : 'float32';
        return { dataId: plain.write(values, [...shape], dtype), shape: [...shape], dtype };
      },
    );
    // A list of one would reach the caller as a list.
    return outputs.length === 1 ? outputs[0]! : outputs;
  };
}

export function registerEverywhere(kernelName: string, { webgpu, reference }: Implementation): void {
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) =>
      webgpu(backend as WebGPUBackend, inputs as Inputs, (attrs ?? {}) as Attributes),
  });
  for (const backendName of PLAIN_BACKENDS) {
    tf.registerKernel({ kernelName, backendName, kernelFunc: plainKernel(reference) });
  }
}
