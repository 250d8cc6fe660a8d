/**
 * AdamW (arXiv 1711.05101) in place: one dispatch for each parameter updates it, its two moments and its moving average. Whether a
 * step applies at all, and how far the gradient is shortened, is decided on the GPU: nothing is read back in between.
 *
 * On WebAssembly and the CPU plain loops write TF.js's memory.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { expectThat } from '../shapes';
import { adamwDevice } from './device';
import { plainAdamw, plainNorm } from './plain';
import type { AdamWOptions, AdamWSlot } from './types';

const webgpuBackend = (): WebGPUBackend | null =>
  tf.getBackend() === 'webgpu' ? (tf.backend() as WebGPUBackend) : null;

/**
 * What a step may do: [scale, apply, norm]. norm is the L2 norm over all gradients; scale shortens it to maxNorm (PyTorch's
 * clip_grad_norm_); apply is 0 when the norm or the loss is not finite, else 1.
 * @param maxNorm 0 for no limit
 */
export function gradientNorm(gradients: readonly tf.Tensor[], maxNorm: number, loss: tf.Scalar): tf.Tensor1D {
  const backend = webgpuBackend();
  return backend
    ? adamwDevice(backend).norm(gradients, maxNorm, loss)
    : tf.tensor1d(plainNorm(gradients, maxNorm, loss), 'float32');
}

/**
 * One step. Where control's apply is 0 nothing changes, bit for bit.
 * @param control as `gradientNorm` gives it
 * @throws DetectorError `internal` for tensors of different shapes, or one to be written that JavaScript holds numbers of
 */
export function adamw(slots: readonly AdamWSlot[], control: tf.Tensor1D, options: AdamWOptions): void {
  const { rates, decays, step } = options;
  expectThat(
    'adamw',
    rates.length === slots.length && decays.length === slots.length,
    'expected a rate and a decay a slot',
  );
  expectThat('adamw', Number.isInteger(step) && step >= 1, `expected a step of 1 or more, got ${step}`);
  for (const { parameter, ...others } of slots)
    for (const [name, tensor] of Object.entries(others) as [string, tf.Tensor | undefined][]) {
      const fits = !tensor || (tensor.dtype === 'float32' && tf.util.arraysEqual(tensor.shape, parameter.shape));
      expectThat(
        'adamw',
        fits,
        `expected ${name} float32 [${parameter.shape}], got ${tensor?.dtype} [${tensor?.shape}]`,
      );
    }
  const backend = webgpuBackend();
  if (backend) adamwDevice(backend).step(slots, control, options);
  else plainAdamw(slots, control, options);
}
