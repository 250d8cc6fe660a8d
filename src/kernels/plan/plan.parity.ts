/** Plans against the same work done plainly. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { bufferOf } from '../adamw/device-copy';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { matMul } from '../matmul/op';
import { record, recordStages } from './record';
import type { Plan } from './plan';

const opened = await openTestDevice();
afterEach(() => throwFaults(opened));
const { backend, device } = opened;

const ramp = (size: number, scale: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => scale * Math.sin(i + 1));

/** Touches uploads, constants, reuse of buffers, TF.js's kernels and ours. */
function work(x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor[] {
  const shift = tf.tensor1d(ramp(7, 0.5));
  let y: tf.Tensor2D = x;
  for (let layer = 0; layer < 4; layer++) y = tf.add(tf.relu(matMul(y, weights)), shift);
  return [
    tf.transpose(y),
    tf.sum(tf.mul(y, y), 1),
    tf.softmax(
      tf.pad(y, [
        [0, 1],
        [2, 0],
      ]),
    ),
  ];
}

const write = (plan: Plan, values: Float32Array): void =>
  device.queue.writeBuffer(bufferOf(backend, plan.inputs[0]!), 0, values as Float32Array<ArrayBuffer>);

async function plainly(values: Float32Array, weights: tf.Tensor2D): Promise<Float32Array[]> {
  const outputs = tf.tidy(() => work(tf.tensor2d(values, [5, 7]), weights));
  const numbers = await Promise.all(outputs.map((output) => output.data() as Promise<Float32Array>));
  tf.dispose(outputs);
  return numbers;
}

function planned(weights: tf.Tensor2D): Plan {
  const input = tf.tensor2d(ramp(35, 0), [5, 7]);
  return record(backend, [input], () => work(input, weights));
}

function expectSame(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((one, i) => expect(maxDifference(one, expected[i]!)).toBeLessThanOrEqual(0));
}

describe('a recorded plan', () => {
  test('answers as the work itself, for input after input', async () => {
    const weights = tf.tensor2d(ramp(49, 0.3), [7, 7]);
    const plan = planned(weights);
    for (const scale of [1, -0.5, 3]) {
      write(plan, ramp(35, scale));
      expectSame(await plan.read(), await plainly(ramp(35, scale), weights));
    }
    plan.dispose();
    weights.dispose();
  });

  test('outlives the tensors that it read, and what it held is free afterwards', async () => {
    const before = tf.memory();
    const weights = tf.tensor2d(ramp(49, 0.3), [7, 7]);
    const expected = await plainly(ramp(35, 1), weights);
    const plan = planned(weights);
    weights.dispose();
    const others = tf.tidy(() => [1, 2, 3].map(() => tf.relu(tf.tensor2d(ramp(49, 9), [7, 7]))));
    write(plan, ramp(35, 1));
    expectSame(await plan.read(), expected);
    tf.dispose(others);
    plan.dispose();
    const after = tf.memory();
    expect([after.numTensors, after.numBytes, after.numDataBuffers]).toEqual([
      before.numTensors,
      before.numBytes,
      before.numDataBuffers,
    ]);
  });

  test('readings may overlap', async () => {
    const weights = tf.tensor2d(ramp(49, 0.3), [7, 7]);
    const plan = planned(weights);
    const answers = [1, 2, 4].map((scale) => {
      write(plan, ramp(35, scale));
      return plan.read();
    });
    const expected = [await plainly(ramp(35, 1), weights), await plainly(ramp(35, 2), weights)];
    expectSame(await answers[0]!, expected[0]!);
    expectSame(await answers[1]!, expected[1]!);
    await answers[2];
    plan.dispose();
    weights.dispose();
  });

  test('allocates nothing in TF.js when it runs, and less than the work did', async () => {
    const weights = tf.tensor2d(ramp(49, 0.3), [7, 7]);
    const plan = planned(weights);
    await plan.read();
    const bytes = (): number => (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    const [allocated, { numTensors, numBytes }] = [bytes(), tf.memory()];
    for (let i = 0; i < 10; i++) await plan.read();
    expect([bytes(), tf.memory().numTensors, tf.memory().numBytes]).toEqual([allocated, numTensors, numBytes]);
    plan.dispose();
    weights.dispose();
  });

  test('says what each dispatch costs', async () => {
    const weights = tf.tensor2d(ramp(49, 0.3), [7, 7]);
    const plan = planned(weights);
    const times = await plan.profile();
    if (device.features.has('timestamp-query')) {
      expect(times!.some(({ kernel }) => kernel.startsWith('StepMatMul'))).toBe(true);
      expect(times!.length).toBe(plan.dispatches.length);
      for (const { microseconds, bytes } of times!) {
        expect(microseconds).toBeGreaterThanOrEqual(0);
        expect(bytes).toBeGreaterThan(0);
      }
    } else expect(times).toBeNull();
    plan.dispose();
    weights.dispose();
  });

  test('what is uploaded and then added into starts afresh in every replay', async () => {
    const input = tf.tensor1d([1, 2, 3]);
    const plan = record(backend, [input], () => [tf.unsortedSegmentSum(input, tf.tensor1d([1, 0, 1], 'int32'), 2)]);
    expectSame(await plan.read(), [Float32Array.of(2, 4)]);
    expectSame(await plan.read(), [Float32Array.of(2, 4)]);
    plan.dispose();
  });

  test('work that reads back is refused by name', () => {
    const input = tf.tensor1d([1, 2, 3]);
    const inside = (): tf.Tensor[] => {
      const doubled = tf.mul(input, 2);
      void doubled.data().catch(() => undefined);
      return [doubled];
    };
    expect(() => record(backend, [input], inside)).toThrow(/plan.*reads back/);
  });
});

test('stages: the second reads what the first made and what the CPU put between them', async () => {
  const before = tf.memory().numTensors;
  const x = tf.tensor1d([0, 0, 0]);
  const plan = recordStages(backend, [x], ({ input, end }) => {
    const doubled = tf.mul(x, 2);
    end([tf.sum(doubled)]);
    const y = input(tf.tensor1d([0, 0, 0]));
    end([tf.add(tf.mul(doubled, doubled), y)], [tf.neg(doubled)]);
  });
  for (const scale of [1, 3]) {
    const put = (input: number, values: number[]): void =>
      device.queue.writeBuffer(bufferOf(backend, plan.inputs[input]!), 0, Float32Array.from(values));
    put(0, [scale, 2 * scale, 0]);
    expectSame(await plan.read(0), [Float32Array.of(6 * scale)]);
    put(1, [1, 1, scale]);
    expectSame(await plan.read(1), [Float32Array.of(4 * scale ** 2 + 1, 16 * scale ** 2 + 1, scale)]);
  }
  plan.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
