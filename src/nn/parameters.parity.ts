import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference, relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { linear as linearLayer } from './layers';
import { Parameters } from './parameters';
import { linear } from './rules';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const [INPUT, OUTPUT, ROWS] = [24, 16, 9];

/** A checkpoint of one linear layer; its numbers fit f16 where they are rounded to multiples of 2^-10. */
function load(rounded: boolean): { parameters: Parameters; weight: Float32Array } {
  const stored = numbers(OUTPUT * INPUT, 1).map((value) => (rounded ? Math.round(value * 1024) / 1024 : value));
  const tensors: Record<string, [number[], Float32Array]> = {
    'a.weight': [[OUTPUT, INPUT], stored],
    'a.bias': [[OUTPUT], numbers(OUTPUT, 2)],
  };
  const parameters = Parameters.load(linear('heads', 'a', INPUT, OUTPUT), {
    name: 'test',
    names: Object.keys(tensors),
    shape: (name) => tensors[name]![0],
    float32: (name) => tensors[name]![1],
  });
  const weight = Float32Array.from(stored, (_, at) => stored[(at % OUTPUT) * INPUT + Math.floor(at / OUTPUT)]!);
  return { parameters, weight };
}

const x = (): tf.Tensor2D => tf.tensor2d(numbers(ROWS * INPUT, 3), [ROWS, INPUT]);

test('a linear layer of an f16 checkpoint takes half of the memory and gives the same answers', async () => {
  const before = tf.memory().numBytes;
  const { parameters, weight } = load(true);
  expect(tf.memory().numBytes - before).toBe(2 * INPUT * OUTPUT + 4 * OUTPUT);
  const whole = parameters.with(new Map([['a.weight', tf.tensor2d(weight, [INPUT, OUTPUT])]]));
  const [halves, floats] = [linearLayer(parameters, 'a', x()), linearLayer(whole, 'a', x())];
  expect(relativeL2(await halves.data(), await floats.data())).toBeLessThanOrEqual(1e-6);
  whole.dispose();
  parameters.dispose();
});

test('whoever needs float32 gets it, once', async () => {
  const { parameters, weight } = load(true);
  const first = await linearLayer(parameters, 'a', x()).data();
  const got = tf.tidy(() => parameters.get('a.weight'));
  expect([got.dtype, ...got.shape]).toEqual(['float32', INPUT, OUTPUT]);
  expect(maxDifference(await got.data(), weight)).toBeLessThanOrEqual(0);
  expect(parameters.get('a.weight')).toBe(got);
  expect(parameters.linearWeight('a.weight')).toBe(got);
  const second = await linearLayer(parameters, 'a', x()).data();
  expect(relativeL2(second, first)).toBeLessThanOrEqual(1e-6);
  parameters.dispose();
});

test('trained in place, and shared by another, it is float32', async () => {
  const { parameters, weight } = load(true);
  const other = parameters.with(new Map());
  expect(other.linearWeight('a.weight').dtype).toBe('int32');
  const { grads } = tf
    .engine()
    .gradients(() => tf.sum(linearLayer(other, 'a', x())), [other.get('a.weight')], undefined, true);
  expect(grads[0]!.shape).toEqual([INPUT, OUTPUT]);
  parameters.deviceResident(['a.weight']);
  expect(other.linearWeight('a.weight').dtype).toBe('float32');
  const out = linearLayer(other, 'a', tf.eye(INPUT));
  const bias = parameters.get<tf.Rank.R1>('a.bias');
  expect(maxDifference(await tf.sub(out, bias).data(), weight)).toBeLessThanOrEqual(1e-6);
  parameters.dispose();
});

test('numbers that f16 does not have stay float32, and everything is freed', () => {
  const before = tf.memory().numTensors;
  const { parameters } = load(false);
  expect(parameters.linearWeight('a.weight').dtype).toBe('float32');
  parameters.dispose();
  const half = load(true).parameters;
  half.get('a.weight');
  half.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
