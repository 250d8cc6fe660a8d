import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { openTestDevice, throwFaults } from '../testing/device';
import { maxDifference } from '../testing/compare';
import { devicePeak, measurePeak } from './measure';
import { multiplyAdd, touch, triad, type Runnable } from './pipelines';
import { multiplyAddReference } from './reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** Runs it and reads what it wrote. */
async function written(runnable: Runnable, times: number): Promise<ArrayBuffer> {
  const { device } = opened;
  const [result] = runnable.buffers;
  const staging = device.createBuffer({ size: result.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  runnable.encode(pass, times);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, staging, 0, result.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  runnable.destroy();
  return bytes;
}

test('the arithmetic is really done: every chain of every invocation, step by step', async () => {
  // one round of 8 steps: later ones are at their fixed points
  const result = new Float32Array(await written(await multiplyAdd(opened.device, 'f32', true, 1), 1));
  const expected = Array.from(result, (_, invocation) => multiplyAddReference(invocation, 8, 8));
  expect(maxDifference(result, expected)).toBeLessThanOrEqual(1e-4);
  expect(new Set(result).size).toBe(7);
});

test('half precision too, where the adapter has it', async ({ skip }) => {
  if (!opened.device.features.has('shader-f16')) return skip('this adapter has no shader-f16');
  const result = new Float32Array(await written(await multiplyAdd(opened.device, 'f16', true, 1), 1));
  const expected = Array.from(result, (_, invocation) => multiplyAddReference(invocation, 8, 8));
  expect(maxDifference(result, expected)).toBeLessThanOrEqual(0.5);
});

test('every dispatch counts, and a triad of unequal rows and columns of groups writes every number', async () => {
  expect(new Uint32Array(await written(await touch(opened.device), 37))[0]).toBe(37);
  const length = 4 * 70_001;
  const sum = await triad(opened.device, 4 * length);
  const operands = [1, 2].map((scale) => Float32Array.from({ length }, (_, i) => scale * (i % 1000)));
  operands.forEach((values, i) => opened.device.queue.writeBuffer(sum.buffers[i + 1]!, 0, values));
  const result = new Float32Array(await written(sum, 1));
  expect(
    maxDifference(
      result,
      Float32Array.from({ length }, (_, i) => 7 * (i % 1000)),
    ),
  ).toBe(0);
});

test('the peak is finite, positive, quickly measured, kept for the device, and the same again within a factor', async () => {
  const { device, software } = opened;
  const started = performance.now();
  const first = await devicePeak(device, software);
  const took = performance.now() - started;
  expect(devicePeak(device, software)).toBe(devicePeak(device, software));
  const again = await measurePeak(device, software);
  const { flops16, ...always } = first;
  console.info(JSON.stringify({ first, again, ms: Math.round(took) }));
  for (const [name, value] of Object.entries(always)) {
    expect(value, name).toBeGreaterThan(0);
    expect(Number.isFinite(value), name).toBe(true);
    const ratio = again[name as keyof typeof always] / value;
    // the machine may be doing other things
    expect(Math.max(ratio, 1 / ratio), name).toBeLessThanOrEqual(5);
  }
  expect(flops16 !== null).toBe(device.features.has('shader-f16'));
  if (flops16 !== null) expect(flops16).toBeGreaterThan(0);
  // 1 s on a quiet machine
  expect(took).toBeLessThanOrEqual(5000);
});
