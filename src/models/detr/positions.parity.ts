/** Positions and masks over the device, where the size of an image is only a tensor. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { cellMask } from './mask';
import { SinePositions } from './positions';

const WIDTH = 16;
/** Pixels of the batch, and of each image. */
const [HEIGHT, ACROSS] = [100, 70];
const SIZES = [
  [100, 70],
  [64, 70],
  [100, 33],
] as const;
const SHAPE = [4, 3] as const;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

const pixels = (): tf.Tensor3D => {
  const values = SIZES.flatMap(([h, w]) =>
    Array.from({ length: HEIGHT * ACROSS }, (_, at) => (Math.floor(at / ACROSS) < h && at % ACROSS < w ? 1 : 0)),
  );
  return tf.tensor3d(values, [SIZES.length, HEIGHT, ACROSS]);
};

test('the mask of the cells and the part of the map that each image takes', async () => {
  const { mask, ratios } = cellMask(pixels(), SHAPE);
  // cell y stands for row 25 y, cell x for column floor(70 x / 3)
  const expected = SIZES.flatMap(([h, w]) =>
    Array.from({ length: 12 }, (_, at) => (25 * Math.floor(at / 3) < h && Math.floor((70 * (at % 3)) / 3) < w ? 1 : 0)),
  );
  expect(Array.from(await mask.data())).toEqual(expected);
  expect(maxDifference(await ratios.data(), [1, 1, 1, 3 / 4, 2 / 3, 1])).toBeLessThanOrEqual(1e-6);
});

test('on an image that fills a part of the map, positions are those of a map of that part', async () => {
  const positions = new SinePositions(WIDTH);
  const { mask } = cellMask(pixels(), SHAPE);
  const got = positions.at(SHAPE, mask);
  expect(got.shape).toEqual([3, 12, WIDTH]);
  const apart = tf.reshape(got, [3, ...SHAPE, WIDTH]);
  for (const [image, [h, w]] of ([SHAPE, [3, 3], [4, 2]] as const).entries()) {
    const alone = positions.at([h, w]);
    expect(alone.shape).toEqual([1, h * w, WIDTH]);
    const part = tf.slice(apart, [image, 0, 0, 0], [1, h, w, WIDTH]);
    expect(maxDifference(await part.data(), await alone.data())).toBeLessThanOrEqual(1e-6);
  }
  positions.dispose();
});
