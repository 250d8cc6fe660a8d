import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from './backend';
import { runProgram } from './program';
import { maxDifference } from './testing/compare';
import { openTestDevice, throwFaults } from './testing/device';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

test('the device has the adapter’s full limits', () => {
  expect(opened.device.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
  expect(tf.getBackend()).toBe('webgpu');
});

test('a program gets constants, uniforms and inputs by name', async () => {
  const x = tf.tensor1d([1, 2, 3, 4, 5]);
  const info = runProgram(opened.backend, {
    name: 'test-scale',
    source:
      'fn main(index : i32) { if (index < uniforms.count) { result[index] = x[index] * FACTOR + uniforms.shift; } }',
    inputs: { x },
    output: { shape: [5] },
    work: 5,
    constants: { FACTOR: 2.5 },
    uniforms: { count: { i32: [5] }, shift: { f32: [0.25] } },
  });
  const y = tf.engine().makeTensorFromTensorInfo(info);
  expect(maxDifference(await y.data(), [2.75, 5.25, 7.75, 10.25, 12.75])).toBeLessThanOrEqual(1e-6);
  x.dispose();
  y.dispose();
});
