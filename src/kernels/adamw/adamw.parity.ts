/** The optimiser's kernels against plain loops in float64. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference, relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { aroundWarmRounds } from '../testing/leaks';
import { deviceCopy, readNumbers } from './device-copy';
import { adamw, gradientNorm } from './op';
import { adamwReference, controlReference, type PlainSlot } from './reference';
import type { AdamWSlot } from './types';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const SHAPES = [[1], [7], [10, 100], [3, 5, 67], [2 ** 16, 3]];
const COMMON = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const RATES = [0.01, 0.2, 0.003, 0, 0.05];
const DECAYS = [0, 0.1, 0.5, 0.1, 0];

/** Every second slot has a moving average. */
function setUp(): { slots: AdamWSlot[]; plain: PlainSlot[] } {
  const plain = SHAPES.map((shape, at): PlainSlot => {
    const size = tf.util.sizeFromShape(shape);
    const parameter = Float64Array.from(numbers(size, at));
    const zeros = (): Float64Array => new Float64Array(size);
    const slot = { parameter, gradient: zeros(), m: zeros(), v: zeros() };
    return at % 2 === 0 ? { ...slot, ema: parameter.slice() } : slot;
  });
  const made = (values: ArrayLike<number>, shape: number[]): tf.Tensor =>
    tf.tidy(() => deviceCopy(tf.tensor(Float32Array.from(values), shape)));
  const slots = plain.map(({ parameter, m, v, ema }, at) => {
    const shape = SHAPES[at]!;
    const slot = { parameter: made(parameter, shape), gradient: tf.tensor(0), m: made(m, shape), v: made(v, shape) };
    return ema ? { ...slot, ema: made(ema, shape) } : slot;
  });
  return { slots, plain };
}

/** Gradients of very different lengths. */
const gradientsAt = (step: number): Float32Array[] =>
  SHAPES.map((shape, at) => numbers(tf.util.sizeFromShape(shape), 100 * step + at).map((g) => g * 10 ** (at - 3)));

const read = async ({ parameter, m, v, ema }: AdamWSlot): Promise<Float32Array[]> =>
  Promise.all([parameter, m, v, ...(ema ? [ema] : [])].map(readNumbers));

/** Numbers whose bits differ; toEqual takes seconds for long arrays. */
function differences(a: Float32Array, b: Float32Array): number {
  const [x, y] = [new Int32Array(a.buffer), new Int32Array(b.buffer)];
  return x.length === y.length ? x.reduce((count, bits, i) => count + Number(bits !== y[i]), 0) : Infinity;
}

test('many steps, with decay, clipping, a slot that stands still and moving averages', async () => {
  const { slots, plain } = setUp();
  for (let step = 1; step <= 12; step++) {
    const gradients = gradientsAt(step);
    const maxNorm = step % 3 === 0 ? 0 : 5;
    const tensors = gradients.map((values, at) => tf.tensor(values, SHAPES[at]!));
    const control = gradientNorm(tensors, maxNorm, tf.scalar(1));
    const options = { ...COMMON, step, emaDecay: step / (step + 9) };
    adamw(
      slots.map((slot, at) => ({ ...slot, gradient: tensors[at]! })),
      control,
      { ...options, rates: RATES, decays: DECAYS },
    );
    const expected = controlReference(gradients, maxNorm, 1);
    expect(relativeL2(await control.data(), expected)).toBeLessThanOrEqual(1e-6);
    expect(expected[0]).toBeLessThanOrEqual(1);
    plain.forEach((slot, at) => {
      slot.gradient = Float64Array.from(gradients[at]!);
      adamwReference(slot, expected[0], { ...options, rate: RATES[at]!, decay: DECAYS[at]! });
    });
  }
  for (const [at, { parameter, m, v, ema }] of plain.entries()) {
    const got = await read(slots[at]!);
    for (const [which, values] of [parameter, m, v, ...(ema ? [ema] : [])].entries())
      expect(relativeL2(got[which]!, values), `slot ${at}, tensor ${which}`).toBeLessThanOrEqual(1e-5);
  }
});

test.each([
  ['a NaN in a gradient', NaN, 1],
  ['an infinite gradient', -Infinity, 1],
  ['a gradient whose square overflows', 1e30, 1],
  ['a NaN loss', 0, NaN],
  ['an infinite loss', 0, Infinity],
])('%s leaves everything as it was, bit for bit', async (_, spoilt, loss) => {
  const { slots } = setUp();
  const before = await Promise.all(slots.map(read));
  const gradients = gradientsAt(1);
  if (spoilt !== 0) gradients[2]![777] = spoilt;
  const tensors = gradients.map((values, at) => tf.tensor(values, SHAPES[at]!));
  const control = gradientNorm(tensors, 1, tf.scalar(loss));
  const withGradients = slots.map((slot, at) => ({ ...slot, gradient: tensors[at]! }));
  const options = { ...COMMON, step: 1, emaDecay: 0.9, rates: RATES, decays: DECAYS };
  adamw(withGradients, control, options);
  expect((await control.data())[1]).toBe(0);
  const after = await Promise.all(slots.map(read));
  expect(after.flatMap((slot, at) => slot.map((values, which) => differences(values, before[at]![which]!)))).toEqual(
    after.flatMap((slot) => slot.map(() => 0)),
  );
  // and the same step with nothing wrong does change them
  const [sound, fine] = [gradientsAt(1), tf.scalar(1)];
  const good = sound.map((values, at) => tf.tensor(values, SHAPES[at]!));
  adamw(
    slots.map((slot, at) => ({ ...slot, gradient: good[at]! })),
    gradientNorm(good, 1, fine),
    options,
  );
  expect(maxDifference((await read(slots[1]!))[0]!, before[1]![0]!)).toBeGreaterThan(0.01);
});

test('a copy is of its own, bit for bit, and reading it leaves the tensor writable', async () => {
  const values = Float32Array.of(-0, 1e-40, 3, NaN, -Infinity);
  const original = tf.tensor1d(values);
  const copy = deviceCopy(original);
  expect(Object.is((await readNumbers(copy))[0], -0)).toBe(true);
  expect(await readNumbers(copy)).toEqual(values);
  const one = tf.ones([5]) as tf.Tensor1D;
  const [m, v] = [deviceCopy(one), deviceCopy(one)];
  const slot = { parameter: copy, gradient: one, m, v };
  const options = { ...COMMON, step: 1, emaDecay: 0, rates: [1], decays: [0] };
  const control = gradientNorm([one], 0, tf.scalar(0));
  adamw([slot], control, options);
  expect((await readNumbers(copy))[2]).toBeLessThan(3);
  expect(await original.data()).toEqual(values);
  await one.data();
  expect(() => adamw([{ ...slot, m: one }], control, options)).toThrow('deviceCopy');
  expect(() => adamw([{ ...slot, gradient: tf.ones([4]) }], control, options)).toThrow('expected gradient');
});

test('nothing is left behind', () => {
  const { slots } = setUp();
  const { before, after } = aroundWarmRounds(opened, () => {
    const tensors = gradientsAt(3).map((values, at) => tf.tensor(values, SHAPES[at]!));
    const loss = tf.scalar(1);
    const control = gradientNorm(tensors, 1, loss);
    adamw(
      slots.map((slot, at) => ({ ...slot, gradient: tensors[at]! })),
      control,
      { ...COMMON, step: 1, emaDecay: 0.5, rates: RATES, decays: DECAYS },
    );
    tf.dispose([tensors, loss, control]);
  });
  expect(after).toEqual(before);
});
