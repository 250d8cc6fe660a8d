import { describe, expect, test } from 'vitest';
import { pixelSize, readPixelSize } from './header';
import { ascii, blackPng, flatBmp, flatJpeg, fromBase64, join, TINY_AVIF, twoFrameGif, withExif } from './testing';

const jpeg = flatJpeg(37, 21, [10, 20, 30]);

describe('sizes as stored', () => {
  test.each([
    ['JPEG', jpeg, 37, 21],
    ['JPEG with EXIF rotation, not applied here', withExif(jpeg, 6), 37, 21],
    ['GIF', twoFrameGif(), 1, 1],
    ['BMP', flatBmp(5, 3, [1, 2, 3]), 5, 3],
    ['BMP from the top', flatBmp(5, -3, [1, 2, 3]), 5, 3],
    ['AVIF', fromBase64(TINY_AVIF), 2, 2],
    [
      'lossless WebP',
      Uint8Array.from([...ascii('RIFF\x20\0\0\0WEBPVP8L\x0c\0\0\0'), 0x2f, 0x63, 0x80, 0x18, 0, 0]),
      100,
      99,
    ],
  ])('%s', (_, bytes, width, height) => {
    expect(pixelSize(bytes)).toEqual({ width, height });
  });

  test('PNG', async () => {
    expect(pixelSize(await blackPng(70, 3))).toEqual({ width: 70, height: 3 });
  });
});

test('a JPEG with its size behind 400 kB of metadata', async () => {
  const metadata = Array.from({ length: 7 }, () => join([0xff, 0xe2, 0xff, 0xff], new Uint8Array(65_533)));
  const late = join(jpeg.subarray(0, 2), ...metadata, jpeg.subarray(2));
  expect(await readPixelSize(new Blob([late]))).toEqual({ width: 37, height: 21 });
});

test.each([3, 12, 40, 100])('the first %d bytes of a file say nothing, and do not throw', async (bytes) => {
  const files = [withExif(jpeg, 6), fromBase64(TINY_AVIF), Uint8Array.from(ascii('RIFF'))];
  for (const file of files) expect(await readPixelSize(new Blob([file.subarray(0, bytes)]))).toBeUndefined();
});

test('a side of 0 is damage', async () => {
  const bytes = await blackPng(4, 4);
  bytes.set([0, 0, 0, 0], 16);
  expect(pixelSize(bytes)).toBeUndefined();
});
