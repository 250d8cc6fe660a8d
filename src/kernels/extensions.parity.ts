import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from './backend';
import { hasHalves, leastSubgroup } from './extensions';
import { runProgram } from './program';
import { maxDifference } from './testing/compare';
import { openTestDevice, throwFaults } from './testing/device';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const COUNT = 256;

function run(name: string, source: string, x: tf.Tensor): tf.Tensor {
  const info = runProgram(opened.backend, {
    name,
    source,
    inputs: { x },
    output: { shape: [COUNT] },
    work: COUNT,
    workgroupSize: [128, 1, 1],
    uniforms: { factor: { f32: [2] } },
  });
  return tf.engine().makeTensorFromTensorInfo(info);
}

test('a program says in its body that it uses subgroups', async (context) => {
  const least = leastSubgroup(opened.device);
  if (least === 0) return context.skip('the adapter has no subgroups');
  const x = tf.range(0, COUNT);
  const out = run(
    'TestSubgroups',
    'enable subgroups;\nfn main(index : i32) { result[index] = subgroupAdd(uniforms.factor * x[index]); }',
    x,
  );
  const sums = await out.data();
  // the sum of neighbours: invocations of a subgroup lie side by side
  const size = sums.findIndex((sum) => sum !== sums[0]);
  expect(size).toBeGreaterThanOrEqual(least);
  const expected = Array.from({ length: COUNT }, (_, at) => {
    const first = at - (at % size);
    return 2 * (size * first + (size * (size - 1)) / 2);
  });
  expect(maxDifference(sums, expected)).toBe(0);
});

test('a program says in its body that it computes with halves', async (context) => {
  if (!hasHalves(opened.device)) return context.skip('the adapter has no f16');
  const x = tf.range(0, COUNT);
  const out = run(
    'TestHalves',
    'enable f16;\nfn main(index : i32) { result[index] = f32(f16(uniforms.factor) * f16(x[index] + 0.1)); }',
    x,
  );
  const exact = Array.from({ length: COUNT }, (_, at) => 2 * (at + 0.1));
  const off = maxDifference(await out.data(), exact);
  // ten bits behind the first: less than that would be no f16, more no f32
  expect(off).toBeLessThanOrEqual(512 * 2 ** -11);
  expect(off).toBeGreaterThan(1e-3);
});

test('a device that was not asked for the features has none', async () => {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const plain = await adapter.requestDevice();
  expect(leastSubgroup(plain)).toBe(0);
  expect(hasHalves(plain)).toBe(false);
  plain.destroy();
});
