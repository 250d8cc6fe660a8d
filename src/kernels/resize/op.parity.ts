import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { maxDifference } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { sharedBytes, sharedIsHere } from '../testing/shared';
import { levelValues, resampleTable, type Normalisation } from './coefficients';
import { resizePixels, toFloats } from './reference';
import { resizeDevice, type ImageSource } from './device';
import { readable } from './frames';
import { resizeInto, resizeToTensor } from './op';
import { noisePixels, pillowCases } from './testing';

const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' };
const IMAGENET: Normalisation = { rescale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

type Size = [number, number];

/** This ring runs on a software adapter, where 'best' is the plain path. */
const gpuResize = (image: ImageSource, to: Size, normalisation?: Normalisation): tf.Tensor4D =>
  resizeToTensor(image, to, normalisation, 'gpu');

function expected(pixels: Uint8ClampedArray, from: Size, to: Size, normalisation: Normalisation = {}): Float32Array {
  const rgb = resizePixels(pixels, resampleTable(from[0], to[0]), resampleTable(from[1], to[1]));
  return toFloats(rgb, levelValues(normalisation));
}

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

const sizes: { from: Size; to: Size }[] = [
  { from: [37, 53], to: [16, 11] },
  { from: [13, 7], to: [31, 29] },
  { from: [9, 200], to: [40, 33] },
  { from: [1, 64], to: [5, 9] },
  { from: [64, 1], to: [7, 3] },
  { from: [1, 1], to: [4, 6] },
  { from: [3, 5000], to: [17, 19] },
  { from: [5000, 3], to: [17, 19] },
  { from: [30, 41], to: [30, 20] },
  { from: [30, 41], to: [15, 41] },
  { from: [23, 19], to: [23, 19] },
];

describe.each(sizes)('$from to $to', ({ from, to }) => {
  const pixels = noisePixels(...from);
  const data = new ImageData(pixels, from[1], from[0]);

  test('ImageData and ImageBitmap, every value', async () => {
    const want = expected(pixels, from, to, IMAGENET);
    const bitmap = await createImageBitmap(data, EXACT);
    const fromData = gpuResize(data, to, IMAGENET);
    expect(fromData.shape).toEqual([1, to[0], to[1], 3]);
    expect(maxDifference(await valuesOf(fromData), want)).toBe(0);
    expect(maxDifference(await valuesOf(gpuResize(bitmap, to, IMAGENET)), want)).toBe(0);
    const inTwo = resizeToTensor(bitmap, to, IMAGENET, 'gpu in two passes');
    expect(maxDifference(await valuesOf(inTwo), want)).toBe(0);
    bitmap.close();
  });
});

describe('sources', () => {
  const from: Size = [46, 62];
  const to: Size = [20, 33];
  const pixels = noisePixels(...from);

  test('OffscreenCanvas', async () => {
    const canvas = new OffscreenCanvas(from[1], from[0]);
    canvas.getContext('2d')!.putImageData(new ImageData(pixels, from[1], from[0]), 0, 0);
    expect(maxDifference(await valuesOf(gpuResize(canvas, to)), expected(pixels, from, to))).toBe(0);
  });

  test('VideoFrame', async () => {
    const init = { format: 'RGBX', codedWidth: from[1], codedHeight: from[0], timestamp: 0 } as const;
    const frame = new VideoFrame(pixels, init);
    // The frame's colour space is converted on its way: a level of rounding.
    expect(maxDifference(await valuesOf(gpuResize(frame, to)), expected(pixels, from, to))).toBeLessThanOrEqual(1);
    frame.close();
  });

  test.each(['RGBX', 'BGRA', 'I420', 'NV12'] as const)(
    'VideoFrame of %s in memory: the bytes of its bitmap',
    async (format) => {
      const bytes = format === 'I420' || format === 'NV12' ? (from[0] * from[1] * 3) / 2 : 4 * from[0] * from[1];
      const init = { format, codedWidth: from[1], codedHeight: from[0], timestamp: 0 } as const;
      const frame = new VideoFrame(pixels.subarray(0, bytes), init);
      const bitmap = await createImageBitmap(frame);
      const inMemory = await readable(frame);
      expect(inMemory).toBeInstanceOf(ImageData);
      for (const path of ['best', 'gpu'] as const) {
        const got = await valuesOf(resizeToTensor(inMemory, to, IMAGENET, path));
        expect(maxDifference(got, await valuesOf(resizeToTensor(bitmap, to, IMAGENET)))).toBeLessThanOrEqual(0);
      }
      expect(await readable(bitmap)).toBe(bitmap);
      frame.close();
      bitmap.close();
    },
  );

  test('VideoFrame of a format that the browser does not convert, and a closed one', async () => {
    const init = { format: 'RGBX', codedWidth: from[1], codedHeight: from[0], timestamp: 0 } as const;
    const frame = new VideoFrame(pixels, init);
    frame.copyTo = () => Promise.reject(new DOMException('no such format', 'NotSupportedError'));
    expect(await readable(frame)).toBe(frame);
    frame.close();
    expect(() => gpuResize(frame, to)).toThrow(/with pixels/);
    expect(await readable(frame)).toBe(frame);
  });

  test('VideoFrame that is shown in another size than its own', async () => {
    const init = { format: 'RGBX', codedWidth: from[1], codedHeight: from[0], timestamp: 0, displayWidth: 80 } as const;
    const frame = new VideoFrame(pixels, { ...init, displayHeight: 50 });
    expect(await readable(frame)).toBe(frame);
    frame.close();
  });

  test('colours under alpha 0 stay', async () => {
    const clear = pixels.map((level, i) => (i % 4 === 3 ? i % 8 : level));
    const bitmap = await createImageBitmap(new ImageData(clear, from[1], from[0]), EXACT);
    expect(maxDifference(await valuesOf(gpuResize(bitmap, to)), expected(pixels, from, to))).toBe(0);
  });

  test('a closed bitmap is refused', async () => {
    const bitmap = await createImageBitmap(new ImageData(pixels, from[1], from[0]));
    bitmap.close();
    expect(() => gpuResize(bitmap, to)).toThrow(/with pixels/);
  });
});

test('more than one texture of rows: 5000 x 4000 pixels', async () => {
  const from: Size = [5000, 4000];
  const pixels = noisePixels(...from);
  const bitmap = await createImageBitmap(new ImageData(pixels, from[1], from[0]), EXACT);
  expect(maxDifference(await valuesOf(gpuResize(bitmap, [6, 5])), expected(pixels, from, [6, 5]))).toBe(0);
  bitmap.close();
});

test('wider than a texture may be', async () => {
  const from: Size = [2, opened.device.limits.maxTextureDimension2D + 1000];
  const pixels = noisePixels(...from);
  const data = new ImageData(pixels, from[1], from[0]);
  const want = expected(pixels, from, [3, 40]);
  expect(maxDifference(await valuesOf(gpuResize(data, [3, 40])), want)).toBe(0);
});

test('calls with other sizes in between give the same bytes and leave no tensor and no byte', async () => {
  const from: Size = [50, 70];
  const bitmap = await createImageBitmap(new ImageData(noisePixels(...from), from[1], from[0]), EXACT);
  const other = await createImageBitmap(new ImageData(noisePixels(90, 31), 31, 90), EXACT);
  const first = await valuesOf(gpuResize(bitmap, [32, 32], IMAGENET));
  await valuesOf(gpuResize(other, [20, 24]));
  const before = { ...tf.memory() } as tf.MemoryInfo & { numBytesAllocatedInGPU: number };
  for (let i = 0; i < 50; i++) {
    await valuesOf(gpuResize(other, [20, 24], { rescale: i / 7 }));
    expect(maxDifference(await valuesOf(gpuResize(bitmap, [32, 32], IMAGENET)), first)).toBe(0);
  }
  const after = tf.memory() as typeof before;
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numBytes).toBe(before.numBytes);
  expect(after.numBytesAllocatedInGPU).toBe(before.numBytesAllocatedInGPU);
});

test('what images pass through is counted, can go, and comes again', async () => {
  const from: Size = [50, 70];
  const data = new ImageData(noisePixels(...from), from[1], from[0]);
  const resize = resizeDevice(opened.device);
  const first = await valuesOf(resizeToTensor(data, [20, 24], IMAGENET, 'gpu in two passes'));
  expect(resize.bytes).toBeGreaterThanOrEqual(4 * (50 * 70 + 50 * 24));
  resize.free();
  expect(resize.bytes).toBe(0);
  expect(maxDifference(await valuesOf(gpuResize(data, [20, 24], IMAGENET)), first)).toBe(0);
  expect(resize.bytes).toBe(4 * 50 * 70);
});

describe('into a tensor that is there', () => {
  const from: Size = [46, 62];
  const pixels = noisePixels(...from);
  const image = new ImageData(pixels, from[1], from[0]);
  const want = expected(pixels, from, [20, 33], IMAGENET);

  test.each(['best', 'gpu', 'plain'] as const)('%s: what was run before sees the old numbers', async (path) => {
    const into = tf.ones([1, 20, 33, 3]) as tf.Tensor4D;
    expect((await into.data())[0]).toBe(1);
    const before = tf.add(into, 1);
    resizeInto(image, into, IMAGENET, path);
    const after = tf.add(into, 1);
    expect(maxDifference(await valuesOf(before), new Float32Array(want.length).fill(2))).toBe(0);
    expect(maxDifference(await into.data(), want)).toBe(0);
    expect(
      maxDifference(
        await valuesOf(after),
        want.map((value) => Math.fround(value + 1)),
      ),
    ).toBeLessThanOrEqual(3e-7);
    into.dispose();
  });

  test('again and again: the last image, and nothing is allocated', async () => {
    const into = tf.zeros([1, 20, 33, 3]) as tf.Tensor4D;
    const other = new ImageData(noisePixels(31, 90), 90, 31);
    resizeInto(other, into, IMAGENET, 'gpu');
    resizeInto(image, into, IMAGENET, 'gpu');
    const before = { ...tf.memory() };
    for (let i = 0; i < 5; i++) for (const each of [other, image]) resizeInto(each, into, IMAGENET, 'gpu');
    expect({ ...tf.memory() }).toEqual(before);
    expect(maxDifference(await valuesOf(into), want)).toBe(0);
  });

  test('other shapes and types are refused', () => {
    expect(() => resizeInto(image, tf.zeros([2, 20, 33, 3]))).toThrow('expected into [1,h,w,3], got [2,20,33,3]');
    expect(() => resizeInto(image, tf.zeros([1, 20, 33, 3], 'int32'))).toThrow('int32');
  });
});

test('the pass for video frames compiles', async () => {
  opened.device.pushErrorScope('validation');
  resizeDevice(opened.device).compileForFrames();
  expect(await opened.device.popErrorScope()).toBeNull();
});

test('the tensor goes straight into TF.js’s own programs', async () => {
  const pixels = noisePixels(8, 10);
  const image = new ImageData(pixels, 10, 8);
  const sum = tf.tidy(() => tf.add(tf.mul(gpuResize(image, [4, 4]), 2), gpuResize(image, [4, 4])));
  const want = expected(pixels, [8, 10], [4, 4]).map((value) => value * 3);
  expect(maxDifference(await valuesOf(sum), want)).toBe(0);
});

describe('every path', () => {
  const from: Size = [46, 62];
  const pixels = noisePixels(...from);
  const want = expected(pixels, from, [20, 33], IMAGENET);

  test.each(['best', 'gpu', 'gpu in two passes', 'plain'] as const)('%s: a bitmap', async (path) => {
    const bitmap = await createImageBitmap(new ImageData(pixels, from[1], from[0]), EXACT);
    expect(maxDifference(await valuesOf(resizeToTensor(bitmap, [20, 33], IMAGENET, path)), want)).toBe(0);
    bitmap.close();
  });

  test('best: colours under low alpha stay', async () => {
    const clear = pixels.map((level, i) => (i % 4 === 3 ? i % 8 : level));
    const bitmap = await createImageBitmap(new ImageData(clear, from[1], from[0]), EXACT);
    expect(maxDifference(await valuesOf(resizeToTensor(bitmap, [20, 33], IMAGENET)), want)).toBe(0);
    bitmap.close();
  });

  test('best: a frame and a canvas', async () => {
    const canvas = new OffscreenCanvas(from[1], from[0]);
    canvas.getContext('2d')!.putImageData(new ImageData(pixels, from[1], from[0]), 0, 0);
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    expect(maxDifference(await valuesOf(resizeToTensor(canvas, [20, 33], IMAGENET)), want)).toBe(0);
    const level = 1 / 255 / 0.224;
    expect(maxDifference(await valuesOf(resizeToTensor(frame, [20, 33], IMAGENET)), want)).toBeLessThanOrEqual(
      level * 1.01,
    );
    frame.close();
  });
});

test.skipIf(!sharedIsHere)('Pillow’s answers for photos, every byte', async () => {
  const cases = pillowCases(await sharedBytes('reference/preprocess.safetensors'));
  expect(cases).toHaveLength(3);
  for (const { from, to, source, resized } of cases) {
    const bitmap = await createImageBitmap(new ImageData(source, from[1], from[0]), EXACT);
    expect(maxDifference(await valuesOf(gpuResize(bitmap, to)), resized)).toBe(0);
    bitmap.close();
  }
});

test('a backend without a GPU computes the same', async () => {
  await import('@tensorflow/tfjs-backend-wasm');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const wasm = (file: string): string =>
    new URL(`/node_modules/@tensorflow/tfjs-backend-wasm/dist/${file}`, location.href).href;
  setWasmPaths({
    'tfjs-backend-wasm.wasm': wasm('tfjs-backend-wasm.wasm'),
    'tfjs-backend-wasm-simd.wasm': wasm('tfjs-backend-wasm-simd.wasm'),
    'tfjs-backend-wasm-threaded-simd.wasm': wasm('tfjs-backend-wasm-threaded-simd.wasm'),
  });
  const from: Size = [33, 47];
  const pixels = noisePixels(...from);
  const bitmap = await createImageBitmap(new ImageData(pixels, from[1], from[0]), EXACT);
  await tf.setBackend('wasm');
  try {
    const got = await valuesOf(resizeToTensor(bitmap, [20, 11], IMAGENET));
    expect(maxDifference(got, expected(pixels, from, [20, 11], IMAGENET))).toBe(0);
  } finally {
    await tf.setBackend('webgpu');
    bitmap.close();
  }
});
