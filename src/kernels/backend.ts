/**
 * The WebGPU device and TF.js's backend on it: the high-performance adapter with its full limits and the optional features
 * our kernels know how to use. Also the way back from a lost device: tensors are gone, call openWebGpu again and upload.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { DetectorError } from '../lib/errors';
import { isSoftwareAdapter } from './adapter';
import { acceptExtensionsAnywhere } from './extensions';
import { registerKernels } from './register';

export interface OpenedDevice {
  backend: WebGPUBackend;
  device: GPUDevice;
  info: GPUAdapterInfo;
  /** True for adapters that compute on the CPU (SwiftShader, lavapipe, WARP). */
  software: boolean;
}

export interface DeviceHandlers {
  /** Called once, when the device goes away without having been asked to. */
  onLost(reason: string): void;
  /** A validation or memory error that no scope caught: TF.js would go on with stale data. */
  onFault(message: string): void;
}

/** 'subgroups' is newer than the type list that TF.js's backend brings along. */
const FEATURES = ['timestamp-query', 'shader-f16', 'subgroups', 'bgra8unorm-storage'] as GPUFeatureName[];

/** The limits of an adapter or a device as plain numbers. */
export function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') numbers[name] = value;
  }
  return numbers;
}

/**
 * Opens the device, registers it as TF.js's 'webgpu' backend with our kernels, and makes it the current one.
 * @throws DetectorError `device` when there is no WebGPU, no adapter, or the adapter refuses
 */
export async function openWebGpu(
  preference: 'high-performance' | 'low-power' | 'software',
  handlers: DeviceHandlers,
): Promise<OpenedDevice> {
  const gpu = navigator.gpu as GPU | undefined;
  if (!gpu) {
    throw new DetectorError(
      'device',
      'WebGPU',
      'this browser does not offer it',
      'Use Chrome or Edge 121 or newer, or switch on chrome://flags/#enable-unsafe-webgpu on Linux.',
    );
  }
  const adapter = await gpu.requestAdapter(
    preference === 'software' ? { forceFallbackAdapter: true } : { powerPreference: preference },
  );
  if (!adapter) {
    throw new DetectorError(
      'device',
      'WebGPU',
      'the browser found no GPU adapter',
      'Update the graphics driver, or switch on hardware acceleration in the browser’s settings.',
    );
  }
  const device = await adapter.requestDevice({
    requiredLimits: limitsOf(adapter.limits),
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
  });
  acceptExtensionsAnywhere(device);
  void device.lost.then(({ message }) => handlers.onLost(message));
  device.addEventListener('uncapturederror', ({ error }) => handlers.onFault(error.message));

  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  const backend = new WebGPUBackend(device, adapter.info);
  tf.registerBackend('webgpu', () => backend, 3);
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 256);
  registerKernels();
  await tf.setBackend('webgpu');
  return { backend, device, info: adapter.info, software: isSoftwareAdapter(adapter.info) };
}
