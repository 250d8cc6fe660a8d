/** Checkpointed pieces: the same answers and gradients as traced ones, less memory, nothing left behind. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { chain } from './chain';
import { checkpointed, whileCheckpointing } from './checkpointing';
import { layerNorm, linear, mlp } from './layers';
import { Parameters } from './parameters';
import { linear as linearRules, norm } from './rules';
import { gradientsOf } from './tape';

/** D and H, unequal and no powers of two. */
const [WIDTH, HIDDEN, LAYERS] = [12, 20, 3];

let opened: OpenedDevice;
let p: Parameters;
beforeAll(async () => {
  opened = await openTestDevice();
  const rules = Array.from({ length: LAYERS }, (_, index) => [
    ...linearRules('encoder', `${index}.up`, WIDTH, HIDDEN),
    ...linearRules('encoder', `${index}.down`, HIDDEN, WIDTH),
    ...norm('encoder', `${index}.norm`, WIDTH),
    // read by nobody
    ...linearRules('encoder', `${index}.idle`, WIDTH, WIDTH),
  ]).flat();
  const shapes = new Map(rules.flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape] as const)));
  const size = (name: string): number => tf.util.sizeFromShape([...shapes.get(name)!]);
  p = Parameters.load(rules, {
    name: 'made up',
    names: [...shapes.keys()],
    shape: (name) => shapes.get(name)!,
    float32: (name) => numbers(size(name), [...shapes.keys()].indexOf(name) + 1),
  });
});
afterEach(() => throwFaults(opened));

const STEPS = Array.from(
  { length: LAYERS },
  (_, index) =>
    (x: tf.Tensor3D): tf.Tensor3D =>
      layerNorm(p, `${index}.norm`, x, mlp(p, [`${index}.up`, `${index}.down`], x, 'silu')),
);

interface Learned {
  loss: tf.Scalar;
  gradients: tf.Tensor[];
}

/** Loss and gradients of every parameter and of what goes in, by the tape that training uses. */
async function learned(x: tf.Tensor3D, weights: tf.Tensor3D, on: boolean): Promise<Learned> {
  const parameters = [x, ...p.names().map((name) => p.get(name))];
  const work = async (): Promise<{ loss: tf.Scalar; value: null }> => {
    const y = whileCheckpointing(on, () => chain(x, STEPS));
    return { loss: tf.sum(tf.mul(y, weights)), value: null };
  };
  return gradientsOf(work, parameters);
}

const inputs = (rows: number): [tf.Tensor3D, tf.Tensor3D] => [
  tf.tensor3d(numbers(2 * rows * WIDTH, 101), [2, rows, WIDTH]),
  tf.tensor3d(numbers(2 * rows * WIDTH, 102), [2, rows, WIDTH]),
];

describe('a chain', () => {
  test('learns the same with and without, and leaves nothing behind', async () => {
    const [x, weights] = inputs(7);
    const held = (): object => ({ ...tf.memory(), data: opened.backend.numDataIds(), numBytesAllocatedInGPU: 0 });
    const plain = await learned(x, weights, false);
    const before = held();
    const thrifty = await learned(x, weights, true);
    const names = ['x', ...p.names()];
    for (const [at, name] of names.entries()) {
      const [a, b] = await Promise.all([thrifty.gradients[at]!.data(), plain.gradients[at]!.data()]);
      expect(maxDifference(a, b), name).toBeLessThanOrEqual(1e-5);
      expect(
        b.some((value) => value !== 0),
        name,
      ).toBe(!name.includes('idle'));
    }
    expect(Math.abs((await thrifty.loss.data())[0]! - (await plain.loss.data())[0]!)).toBeLessThanOrEqual(1e-4);
    tf.dispose([thrifty.loss, ...thrifty.gradients]);
    expect(tf.memory().numTensors).toBe((before as tf.MemoryInfo).numTensors);
    expect(opened.backend.numDataIds()).toBe((before as { data: number }).data);
    tf.dispose([plain.loss, ...plain.gradients, x, weights]);
  });

  test('keeps one tensor a step instead of all that the step made', async () => {
    const [x, weights] = inputs(5000);
    const bytesBehind = async (on: boolean): Promise<number> => {
      let bytes = 0;
      const { loss, gradients } = await gradientsOf(async () => {
        const before = tf.memory().numBytes;
        const y = whileCheckpointing(on, () => tf.tidy(() => chain(x, STEPS)));
        bytes = tf.memory().numBytes - before;
        return { loss: tf.sum(tf.mul(y, weights)), value: null };
      }, [p.get('0.up.weight')]);
      tf.dispose([loss, ...gradients]);
      return bytes;
    };
    const thrifty = await bytesBehind(true);
    // the input of each step and what leaves the last one
    expect(thrifty).toBeLessThanOrEqual((LAYERS + 1) * x.size * 4);
    expect(await bytesBehind(false)).toBeGreaterThan(2 * thrifty);
    tf.dispose([x, weights]);
  });
});

test('inside a gradient of TF.js, too, and of a piece that reads one parameter twice', async () => {
  const [x, weights] = inputs(3);
  const piece = (z: tf.Tensor3D): tf.Tensor3D => linear(p, '0.idle', linear(p, '0.idle', z));
  const of = (run: (z: tf.Tensor3D) => tf.Tensor3D) =>
    tf.tidy(() =>
      tf.grads((z, w) => tf.add(run(z as tf.Tensor3D), tf.mul(0, tf.sum(w!))))([x, p.get('0.idle.weight')], weights),
    );
  const [own, parameter] = of((z) => checkpointed(piece, z));
  const [expectedOwn, expectedParameter] = of(piece);
  expect(maxDifference(await own!.data(), await expectedOwn!.data())).toBeLessThanOrEqual(1e-5);
  expect(maxDifference(await parameter!.data(), await expectedParameter!.data())).toBeLessThanOrEqual(1e-5);
  tf.dispose([own!, parameter!, expectedOwn!, expectedParameter!, x, weights]);
});

test('without a gradient nothing is different', async () => {
  const [x] = inputs(4);
  const y = tf.tidy(() => whileCheckpointing(true, () => chain(x, STEPS)));
  const expected = tf.tidy(() => chain(x, STEPS));
  expect(maxDifference(await y.data(), await expected.data())).toBe(0);
  tf.dispose([x, y, expected]);
});
