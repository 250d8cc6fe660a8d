import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { record } from '../kernels/plan/record';
import { noisePixels } from '../kernels/resize/testing';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { inputOf, inputSizeOf, pixelsOf, writeInput } from './input';
import type { Preprocessing } from './preprocessing';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const FIXED: Preprocessing = { size: [24, 32], rescale: 1 / 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
const FIT: Preprocessing = { size: [20, 27], fit: { shortest: 20, longest: 40 }, rescale: 1 / 255 };

const photo = (height: number, width: number): ImageData => new ImageData(noisePixels(height, width), width, height);

test.each([
  ['of one size', FIXED],
  ['that keeps the photo’s shape', FIT],
])('an input %s is written as it is made', async (_, preprocessing) => {
  for (const image of [photo(46, 62), photo(62, 46)]) {
    const size = inputSizeOf(preprocessing, image);
    const into = tf.zeros([1, ...size, 3]) as tf.Tensor4D;
    writeInput(preprocessing, image, into);
    const made = inputOf(preprocessing, image);
    expect(into.shape).toEqual(made.shape);
    expect(maxDifference(await into.data(), await made.data())).toBe(0);
    tf.dispose([into, made]);
  }
});

test('a plan sees the frame that was written last before each replay', async () => {
  const input = tf.keep(tf.zeros([1, 24, 32, 3])) as tf.Tensor4D;
  const plan = record(opened.backend, [input], () => [tf.mul(input, 2)]);
  for (const image of [photo(30, 40), photo(72, 96), photo(30, 40)]) {
    writeInput(FIXED, image, plan.inputs[0] as tf.Tensor4D);
    const [got] = await plan.read();
    const made = inputOf(FIXED, image);
    const want = (await made.data()).map((value) => 2 * value);
    expect(maxDifference(got!, want)).toBe(0);
    made.dispose();
  }
  plan.dispose();
});

test('a tensor of another size is refused', () => {
  expect(() => writeInput(FIXED, photo(9, 9), tf.zeros([1, 32, 24, 3]))).toThrow(
    'expected a tensor [1,24,32,3], got [1,32,24,3]',
  );
});

test('the size of a frame is that it is shown at', () => {
  const init = { format: 'RGBX', codedWidth: 16, codedHeight: 8, timestamp: 0 } as const;
  const frame = new VideoFrame(noisePixels(8, 16), init);
  expect(pixelsOf(frame)).toEqual({ width: 16, height: 8 });
  frame.close();
});
