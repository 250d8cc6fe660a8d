/** Decoding in Node: the pixels that a browser gives, whatever a file says of colours, alpha and orientation. */
import { createCanvas } from '@napi-rs/canvas';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { exif, join, pngChunk, withExif } from '../../../src/data/images/testing';
import { decodePixels, turned } from './decode';
import { withoutChunks, withoutColourProfile } from './metadata';

const [W, H] = [5, 3];
/** RGB levels that name their place. */
const levels = Uint8Array.from({ length: W * H * 3 }, (_, at) => (at * 37) % 256);

const rgbOf = (data: Uint8ClampedArray): number[] => [...data].filter((_, at) => at % 4 !== 3);

/** A PNG with a chunk put in front of its pixels. */
function withChunk(png: Uint8Array, chunk: Uint8Array<ArrayBuffer>): Uint8Array {
  const head = 8 + 25;
  return join(png.slice(0, head), chunk, png.slice(head));
}

describe('PNG', () => {
  const png = encode({ width: W, height: H, data: levels, channels: 3 });

  it('gives its levels, also where it says that they mean other colours', async () => {
    const gamma = pngChunk('gAMA', Uint8Array.of(0, 1, 0, 0));
    for (const file of [png, withChunk(png, gamma)]) {
      const { width, height, data } = await decodePixels(file);
      expect([width, height]).toEqual([W, H]);
      expect(rgbOf(data)).toEqual([...levels]);
    }
    expect(withoutColourProfile(withChunk(png, gamma))).toEqual(new Uint8Array(png));
  });

  it.each([8, 16] as const)('keeps colours under transparent pixels, %d bits', async (depth) => {
    const data = depth === 8 ? new Uint8Array(W * H * 4) : new Uint16Array(W * H * 4);
    const scale = depth === 8 ? 1 : 256;
    for (let pixel = 0; pixel < W * H; pixel++)
      for (let c = 0; c < 4; c++) data[pixel * 4 + c] = scale * (c === 3 ? pixel % 2 : levels[pixel * 3 + c]!);
    const decoded = await decodePixels(encode({ width: W, height: H, data, channels: 4, depth }));
    expect(rgbOf(decoded.data)).toEqual([...levels]);
    expect([decoded.data[3], decoded.data[7]]).toEqual([0, 1]);
  });

  it('is turned as its eXIf chunk asks', async () => {
    const { width, height, data } = await decodePixels(withChunk(png, pngChunk('eXIf', exif(6))));
    expect([width, height]).toEqual([H, W]);
    // The stored lower left corner comes to the upper left.
    const corner = (H - 1) * W * 3;
    expect([...data.subarray(0, 3)]).toEqual([...levels.subarray(corner, corner + 3)]);
  });
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'orientation %d of a JPEG is Skia’s, and ours turns the same way',
  async (orientation) => {
    const canvas = createCanvas(40, 24);
    const context = canvas.getContext('2d');
    context.fillRect(0, 0, 40, 24);
    context.fillStyle = 'rgb(255 0 0)';
    context.fillRect(0, 0, 20, 12);
    const stored = new Uint8Array(canvas.toBuffer('image/jpeg'));
    const upright = await decodePixels(withExif(stored, orientation, true));
    const want = turned(await decodePixels(stored), orientation);
    expect([upright.width, upright.height]).toEqual([want.width, want.height]);
    const worst = upright.data.reduce((most, level, at) => Math.max(most, Math.abs(level - want.data[at]!)), 0);
    expect(worst).toBeLessThanOrEqual(0);
  },
);

it('a file that is cut off is an error', async () => {
  const png = encode({ width: W, height: H, data: levels, channels: 3 });
  await expect(decodePixels(png.slice(0, 40))).rejects.toThrow();
  await expect(decodePixels(withoutChunks(png, new Set(['IDAT'])))).rejects.toThrow();
});
