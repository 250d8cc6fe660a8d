/**
 * From a file to the tensor. Chromium keeps a rotated bitmap's pixels as stored and turns them on use: every use of ours has to get the upright ones.
 */
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { resizeToTensor } from '../../kernels/resize/op';
import { maxDifference } from '../../kernels/testing/compare';
import { pillowCases } from '../../kernels/resize/testing';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedBytes, sharedIsHere } from '../../kernels/testing/shared';
import { decodeImage } from './decode';
import { exif, greyPng, pngChunk } from './testing';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** The upright pixels by way of drawImage, which the HTML standard defines. */
function upright(bitmap: ImageBitmap): ImageData {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

async function tensorValues(image: ImageBitmap | ImageData, size: [number, number]): Promise<Float32Array> {
  const tensor = resizeToTensor(image, size, {}, 'gpu');
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

/** As the page sends a bitmap to the worker. */
function transferred(bitmap: ImageBitmap): Promise<ImageBitmap> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    port2.onmessage = ({ data }: MessageEvent<ImageBitmap>) => {
      port1.close();
      done(data);
    };
    port1.postMessage(bitmap, [bitmap]);
  });
}

const decodeTurned = async (
  width: number,
  height: number,
  orientation: number,
  maxSide: number,
): Promise<ImageBitmap> => {
  const file = await greyPng(width, height, pngChunk('eXIf', exif(orientation)));
  return (await decodeImage(new Blob([file]), 'turned.png', { maxSide })).bitmap;
};

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %d: file, scaled file and transferred bitmap', async (orientation) => {
  for (const maxSide of [1000, 20]) {
    const bitmap = await decodeTurned(40, 24, orientation, maxSide);
    const want = await tensorValues(upright(bitmap), [17, 13]);
    expect(maxDifference(await tensorValues(bitmap, [17, 13]), want)).toBe(0);
    const sent = await transferred(bitmap);
    expect(maxDifference(await tensorValues(sent, [17, 13]), want)).toBe(0);
    sent.close();
  }
});

test.each([3, 6])('orientation %d, larger than one texture', async (orientation) => {
  const bitmap = await decodeTurned(5000, 4000, orientation, 10_000);
  const want = await tensorValues(upright(bitmap), [17, 13]);
  expect(maxDifference(await tensorValues(bitmap, [17, 13]), want)).toBe(0);
  bitmap.close();
});

/** The files whose pixels preprocess.safetensors has. */
const PHOTOS: Record<string, string> = {
  raccoon_640: 'datasets/raccoon/images/raccoon-10.jpg',
  raccoon_320: 'datasets/raccoon/images/raccoon-100.jpg',
  bccd_416: 'datasets/bccd/JPEGImages/BloodImage_00001.jpg',
};

test.skipIf(!sharedIsHere)('photos, from the JPEG file to Pillow’s resized bytes', async () => {
  const cases = pillowCases(await sharedBytes('reference/preprocess.safetensors'));
  expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(PHOTOS).sort());
  for (const { name, to, resized } of cases) {
    const { bitmap } = await decodeImage(new Blob([await sharedBytes(PHOTOS[name]!)]), name, { maxSide: 8192 });
    // A level of allowance for JPEG decoders; with Chromium's and Pillow's libjpeg-turbo it is 0.
    expect(maxDifference(await tensorValues(bitmap, to), resized)).toBeLessThanOrEqual(1);
    bitmap.close();
  }
});
