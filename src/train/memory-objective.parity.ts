/** The memory's distillation in numbers: padding counts nothing, and other cells are refused. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import type { Taught } from './batch';
import { memoryObjective } from './memory-objective';

const WIDTH = 2;
let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const taught = (shape: [number, number], seed: number): Taught => ({
  boxes: new Float32Array(0),
  scores: new Float32Array(0),
  memory: { tokens: numbers(shape[0] * shape[1] * WIDTH, seed), shapes: [shape] },
});

test('mean squared difference on the images, and its gradient', async () => {
  // the second image has no third column
  const pair = [taught([1, 3], 1), taught([1, 2], 2)];
  const student = numbers(2 * 3 * WIDTH, 3);
  const wanted = [...pair[0]!.memory!.tokens, ...pair[1]!.memory!.tokens, student[10]!, student[11]!];
  const differences = Array.from(student, (x, at) => x - wanted[at]!);
  const count = 5 * WIDTH;
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
    const memory = { tokens: x as tf.Tensor3D, shapes: [[1, 3]] as [number, number][] };
    return memoryObjective(memory, pair)!;
  })(tf.tensor3d(student, [2, 3, WIDTH]));
  const expected = differences.reduce((sum, d) => sum + d * d, 0) / count;
  expect(Math.abs((await value.data())[0]! - expected)).toBeLessThanOrEqual(1e-5 * expected);
  const slope = differences.map((d) => (2 * d) / count);
  expect(maxDifference(await grad.data(), slope)).toBeLessThanOrEqual(1e-5);
});

test('nothing where the teacher’s memory is not taught; other cells are named', () => {
  const memory = { tokens: tf.zeros<tf.Rank.R3>([1, 3, WIDTH]), shapes: [[1, 3]] as [number, number][] };
  expect(memoryObjective(memory, [{ boxes: new Float32Array(0), scores: new Float32Array(0) }])).toBeNull();
  expect(() => memoryObjective(memory, [taught([1, 4], 1)])).toThrow(/1 x 3 of width 2.*1 x 4 of width 2/);
});
