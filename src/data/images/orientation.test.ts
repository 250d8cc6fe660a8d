import { describe, expect, it } from 'vitest';
import { exifOrientation, uprightPixelSize } from './orientation';
import { exif, flatJpeg, greyPng, join, pngChunk, withExif } from './testing';

const jpeg = flatJpeg(24, 16, [1, 2, 3]);

describe('exifOrientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finds %i in JPEG and PNG, in both byte orders', async (orientation) => {
    expect(exifOrientation(withExif(jpeg, orientation))).toBe(orientation);
    expect(exifOrientation(withExif(jpeg, orientation, true))).toBe(orientation);
    expect(exifOrientation(await greyPng(5, 3, pngChunk('eXIf', exif(orientation))))).toBe(orientation);
  });

  it('is 1 where nothing is said or the header is damaged', async () => {
    expect(exifOrientation(jpeg)).toBe(1);
    expect(exifOrientation(await greyPng(5, 3))).toBe(1);
    expect(exifOrientation(withExif(jpeg, 6).slice(0, 30))).toBe(1);
    expect(exifOrientation(withExif(jpeg, 9))).toBe(1);
    expect(exifOrientation(new Uint8Array(0))).toBe(1);
    expect(exifOrientation(join([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff], [0x45, 0x78, 0x69, 0x66]))).toBe(1);
  });
});

it('the upright size has the sides changed from orientation 5 on', async () => {
  const sizeOf = (bytes: Uint8Array<ArrayBuffer>): ReturnType<typeof uprightPixelSize> =>
    uprightPixelSize(new Blob([bytes]));
  expect(await sizeOf(withExif(jpeg, 4))).toEqual({ width: 24, height: 16 });
  expect(await sizeOf(withExif(jpeg, 5))).toEqual({ width: 16, height: 24 });
  expect(await sizeOf(jpeg)).toEqual({ width: 24, height: 16 });
  expect(await uprightPixelSize(new Blob(['text']))).toBeUndefined();
});
