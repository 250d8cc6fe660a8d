/** The plain loops over memory that TF.js's WebAssembly and CPU backends hold. */
import * as tf from '@tensorflow/tfjs-core';
import { adamwReference, controlReference } from './reference';
import type { AdamWOptions, AdamWSlot } from './types';

interface WasmBackend extends tf.KernelBackend {
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

interface CpuBackend extends tf.KernelBackend {
  data: { get(dataId: object): { values: Float32Array } };
}

/** The numbers themselves, not a copy; good until the next tensor is made (WebAssembly's memory may move). */
function live(tensor: tf.Tensor): Float32Array {
  const backend = tf.backend();
  return 'typedArrayFromHeap' in backend
    ? (backend as WasmBackend).typedArrayFromHeap(tensor)
    : (backend as CpuBackend).data.get(tensor.dataId).values;
}

export function plainNorm(gradients: readonly tf.Tensor[], maxNorm: number, loss: tf.Scalar): [number, number, number] {
  return controlReference(gradients.map(live), maxNorm, live(loss)[0]!);
}

export function plainAdamw(slots: readonly AdamWSlot[], control: tf.Tensor1D, options: AdamWOptions): void {
  const [scale, apply] = live(control);
  if (apply === 0) return;
  const { rates, decays, ...common } = options;
  slots.forEach(({ parameter, gradient, m, v, ema }, at) => {
    const arrays = { parameter: live(parameter), gradient: live(gradient), m: live(m), v: live(v) };
    adamwReference(ema ? { ...arrays, ema: live(ema) } : arrays, scale!, {
      ...common,
      rate: rates[at]!,
      decay: decays[at]!,
    });
  });
}
