import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DetectorError } from '../../lib/errors';
import { collectImages } from './collect';
import { decodeImage } from './decode';
import {
  ascii,
  blackPng,
  exif,
  flatBmp,
  flatJpeg,
  fromBase64,
  isoMedia,
  join,
  png,
  pngChunk,
  TINY_AVIF,
  twoFrameGif,
  withExif,
} from './testing';
import { makeThumbnail } from './thumbnail';
import { webcamFrame } from './webcam';

type Bytes = Uint8Array<ArrayBuffer>;

/** RGBA of chosen pixels of a bitmap, which is closed. */
function pixels(bitmap: ImageBitmap, ...at: [x: number, y: number][]): number[][] {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return at.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data]);
}

function near(got: readonly number[], want: readonly number[], tolerance: number): void {
  want.forEach((level, c) => expect(Math.abs(got[c]! - level)).toBeLessThanOrEqual(tolerance));
}

const decode = (bytes: Bytes, maxSide = 4096): ReturnType<typeof decodeImage> =>
  decodeImage(new Blob([bytes]), 'photo.jpg', { maxSide });

async function refusalOf(work: Promise<unknown>): Promise<DetectorError['detail']> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error as DetectorError,
  );
  expect(thrown?.name).toBe('DetectorError');
  return thrown!.detail;
}

/** 40 x 24: red on the left half, blue on the right. */
async function halves(type: string): Promise<Bytes> {
  const canvas = new OffscreenCanvas(40, 24);
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'rgb(255 0 0)';
  context.fillRect(0, 0, 20, 24);
  context.fillStyle = 'rgb(0 0 255)';
  context.fillRect(20, 0, 20, 24);
  const blob = await canvas.convertToBlob({ type, quality: 1 });
  expect(blob.type).toBe(type);
  return new Uint8Array(await blob.arrayBuffer());
}

describe('EXIF orientation', () => {
  /** Where the stored image's left half is after turning upright: a pixel of it, and one of the other half. */
  const turned: [orientation: number, width: number, height: number, red: [number, number], blue: [number, number]][] =
    [
      [1, 40, 24, [4, 12], [36, 12]],
      [2, 40, 24, [36, 12], [4, 12]],
      [3, 40, 24, [36, 12], [4, 12]],
      [5, 24, 40, [12, 4], [12, 36]],
      [6, 24, 40, [12, 4], [12, 36]],
      [8, 24, 40, [12, 36], [12, 4]],
    ];
  test.each(turned)('%d: %d x %d', async (orientation, width, height, red, blue) => {
    for (const littleEndian of [false, true]) {
      const image = await decode(withExif(await halves('image/jpeg'), orientation, littleEndian));
      expect(image).toMatchObject({ width, height, scaledBy: 1 });
      const [left, right] = pixels(image.bitmap, red, blue);
      near(left!, [255, 0, 0], 8);
      near(right!, [0, 0, 255], 8);
    }
  });

  test('with scaling: the size is that of the upright original', async () => {
    const image = await decode(withExif(await halves('image/jpeg'), 6), 20);
    expect(image).toMatchObject({ width: 24, height: 40, scaledBy: 0.5 });
    expect([image.bitmap.width, image.bitmap.height]).toEqual([12, 20]);
    const [top, bottom] = pixels(image.bitmap, [6, 2], [6, 17]);
    near(top!, [255, 0, 0], 8);
    near(bottom!, [0, 0, 255], 8);
  });

  test('in a PNG', async () => {
    const stored = await png(
      2,
      1,
      { depth: 8, colour: 2 },
      Uint8Array.of(0, 255, 0, 0, 0, 0, 255),
      pngChunk('eXIf', exif(6)),
    );
    const image = await decode(stored);
    expect(image).toMatchObject({ width: 1, height: 2 });
    expect(pixels(image.bitmap, [0, 0], [0, 1])).toEqual([
      [255, 0, 0, 255],
      [0, 0, 255, 255],
    ]);
  });
});

describe('formats', () => {
  test.each(['image/jpeg', 'image/png', 'image/webp'])('%s', async (type) => {
    const image = await decode(await halves(type));
    expect(image).toMatchObject({ width: 40, height: 24, scaledBy: 1 });
    const [left, right] = pixels(image.bitmap, [4, 12], [36, 12]);
    near(left!, [255, 0, 0], 8);
    near(right!, [0, 0, 255], 8);
  });

  test('GIF: the first frame', async () => {
    expect(pixels((await decode(twoFrameGif())).bitmap, [0, 0])).toEqual([[255, 0, 0, 255]]);
  });

  test.each([3, -3])('BMP, height %d', async (height) => {
    const image = await decode(flatBmp(5, height, [10, 200, 30]));
    expect(image).toMatchObject({ width: 5, height: 3 });
    expect(pixels(image.bitmap, [4, 2])).toEqual([[10, 200, 30, 255]]);
  });

  test('AVIF', async () => {
    const image = await decode(fromBase64(TINY_AVIF));
    expect(image).toMatchObject({ width: 2, height: 2 });
    image.bitmap.close();
  });

  test('16 bits a channel: the upper byte', async () => {
    const line = Uint8Array.of(0, 0x12, 0x34, 0x80, 0x00, 0xfe, 0x01);
    const [pixel] = pixels((await decode(await png(1, 1, { depth: 16, colour: 2 }, line))).bitmap, [0, 0]);
    near(pixel!, [0x12, 0x80, 0xfe], 1);
  });

  test('CMYK JPEG: no cyan, full magenta and yellow is red', async () => {
    const [pixel] = pixels((await decode(flatJpeg(9, 9, [255, 0, 0, 255]))).bitmap, [8, 8]);
    near(pixel!, [255, 0, 0], 12);
  });

  test('1 x 1', async () => {
    const image = await decode(flatJpeg(1, 1, [30, 60, 90]));
    expect(image).toMatchObject({ width: 1, height: 1, scaledBy: 1 });
    near(pixels(image.bitmap, [0, 0])[0]!, [30, 60, 90], 2);
  });

  test('a PNG called .jpg decodes', async () => {
    const image = await decodeImage(new File([await halves('image/png')], 'x.jpg', { type: 'image/jpeg' }), 'x.jpg', {
      maxSide: 99,
    });
    expect(image.width).toBe(40);
    image.bitmap.close();
  });
});

describe('sizes', () => {
  test('100 megapixels are scaled down, 100.01 refused from the header alone', async () => {
    const image = await decode(await blackPng(10_000, 10_000), 2000);
    expect(image).toMatchObject({ width: 10_000, height: 10_000, scaledBy: 0.2 });
    expect([image.bitmap.width, image.bitmap.height]).toEqual([2000, 2000]);
    image.bitmap.close();
    const decoder = vi.spyOn(globalThis, 'createImageBitmap');
    const { subject, message } = await refusalOf(decode(await blackPng(10_001, 10_000)));
    expect([subject, message]).toEqual(['photo.jpg', 'expected at most 100 megapixels, got 10001 x 10000 = 100.01']);
    expect(decoder).not.toHaveBeenCalled();
    decoder.mockRestore();
  });

  test('a very wide one keeps at least a pixel of height', async () => {
    const image = await decode(await blackPng(3000, 1), 100);
    expect([image.bitmap.width, image.bitmap.height, image.height]).toEqual([100, 1, 1]);
    image.bitmap.close();
  });
});

describe('refusals', () => {
  const text = Uint8Array.from(ascii('hello'));
  test.each([
    ['text', text],
    ['an empty file of 0 bytes', new Uint8Array(0)],
    ['a HEIC photo', isoMedia('heic')],
    ['a damaged JPEG: it has no readable header', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)],
  ])('got %s', async (what, bytes) => {
    const { code, subject, message } = await refusalOf(decode(bytes));
    expect([code, subject]).toEqual(['image', 'photo.jpg']);
    expect(message).toContain(`got ${what}`);
  });

  test.each(['image/jpeg', 'image/png', 'image/webp'])('%s without its last 20 bytes', async (type) => {
    const whole = await halves(type);
    const { message, hint } = await refusalOf(decode(whole.slice(0, -20)));
    expect(message).toMatch(/expected a whole (JPEG|PNG|WebP) image/);
    expect(hint).toMatch(/again/);
  });

  test('zeros after a good header', async () => {
    const { message } = await refusalOf(decode(join(flatJpeg(64, 64, [1, 2, 3]).subarray(0, 200), new Uint8Array(50))));
    expect(message).toMatch(/expected a whole JPEG/);
  });

  test('an aborted signal', async () => {
    const signal = AbortSignal.abort();
    const { code } = await refusalOf(decodeImage(new Blob([await blackPng(3, 3)]), 'x', { maxSide: 9, signal }));
    expect(code).toBe('cancelled');
  });
});

test('colours under full transparency stay, as in Pillow’s convert', async () => {
  const clear = await png(1, 1, { depth: 8, colour: 6 }, Uint8Array.of(0, 200, 100, 50, 0));
  const { bitmap } = await decode(clear);
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2')!;
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(
    gl.FRAMEBUFFER,
    gl.COLOR_ATTACHMENT0,
    gl.TEXTURE_2D,
    gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture,
    0,
  );
  const got = new Uint8Array(4);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, got);
  expect([...got]).toEqual([200, 100, 50, 0]);
});

describe('thumbnails', () => {
  test('of a file: upright, the longer side as asked', async () => {
    const blob = await makeThumbnail(new Blob([withExif(await halves('image/jpeg'), 6)]), 20);
    expect(blob.type).toBe('image/webp');
    const small = await createImageBitmap(blob);
    expect([small.width, small.height]).toEqual([12, 20]);
    near(pixels(small, [6, 2])[0]!, [255, 0, 0], 24);
  });

  test('of a bitmap: not enlarged, and it stays open', async () => {
    const { bitmap } = await decode(flatJpeg(16, 8, [200, 100, 50]));
    const small = await createImageBitmap(await makeThumbnail(bitmap, 100));
    expect([small.width, small.height, bitmap.width]).toEqual([16, 8, 16]);
    near(pixels(small, [8, 4])[0]!, [200, 100, 50], 8);
    bitmap.close();
  });

  test('of something else: refused by name', async () => {
    expect((await refusalOf(makeThumbnail(new Blob(['x']), 20, 'x.jpg'))).subject).toBe('x.jpg');
  });
});

describe('webcam', () => {
  afterEach(() => vi.restoreAllMocks());

  test('takes a frame and switches the camera off', async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 48];
    const context = canvas.getContext('2d')!;
    const painting = setInterval(() => {
      context.fillStyle = 'rgb(0 160 0)';
      context.fillRect(0, 0, 64, 48);
    }, 20);
    const stream = canvas.captureStream(30);
    vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockResolvedValue(stream);
    const frame = await webcamFrame();
    clearInterval(painting);
    expect([frame.width, frame.height]).toEqual([64, 48]);
    near(pixels(frame, [32, 24])[0]!, [0, 160, 0], 16);
    expect(stream.getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
  });

  test('this machine’s answer without a camera or permission is an error that says so', async () => {
    const { code, subject, message } = await refusalOf(webcamFrame());
    expect([code, subject]).toEqual(['image', 'webcam']);
    expect(message).toMatch(/expected (a camera|permission|a free camera)/);
  });
});

test('a zip in the browser, from the archive to pixels', async () => {
  const { BlobReader, BlobWriter, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  await writer.add('in/photo.bmp', new BlobReader(new Blob([flatBmp(30, 20, [9, 8, 7])])));
  const archive = new File([await writer.close()], 'photos.zip');
  const sizes: string[] = [];
  for await (const item of collectImages([archive])) {
    if (!('file' in item)) throw new Error(JSON.stringify(item));
    const { bitmap, width, height } = await decodeImage(item.file, item.path, { maxSide: 4096 });
    sizes.push(`${item.path} ${width} x ${height}`);
    bitmap.close();
  }
  expect(sizes).toEqual(['photos.zip/in/photo.bmp 30 x 20']);
});
