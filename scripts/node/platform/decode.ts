/**
 * Encoded images to upright pixels with straight alpha, as a browser's createImageBitmap gives them.
 *
 * By Skia (@napi-rs/canvas), the decoder and canvas that Chromium itself has: JPEG, PNG, WebP, GIF and BMP come out with the same
 * bytes, and views for training are drawn by the same code. sharp would decode as well but draws nothing; decoders in JavaScript
 * or WebAssembly are smaller, but round JPEGs differently and would need a canvas beside them. 10 MB of the bundle.
 *
 * Skia multiplies by alpha while it decodes. PNGs with transparency are therefore decoded by fast-png; colours under
 * transparent pixels of WebP, GIF and AVIF files are lost, which browsers keep.
 */
import { createCanvas, loadImage, type Image } from '@napi-rs/canvas';
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from 'fast-png';
import { exifOrientation } from '../../../src/data/images/orientation';
import { isPng, withoutChunks, withoutColourProfile } from './metadata';

/** RGBA, straight alpha. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

const ONE_CLEAR_COLOUR: ReadonlySet<string> = new Set(['tRNS']);

/** Greys, greys with alpha, RGB or RGBA to RGBA; of 16 bits the upper byte. */
function spread({ width, height, data, channels, depth }: DecodedPng): Pixels {
  const out = new Uint8ClampedArray(width * height * 4);
  const byte = (at: number): number => (depth === 16 ? data[at]! >> 8 : data[at]!);
  const colours = channels >= 3 ? 3 : 1;
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) out[pixel * 4 + c] = byte(pixel * channels + (colours === 3 ? c : 0));
    out[pixel * 4 + 3] = channels > colours ? byte(pixel * channels + colours) : 255;
  }
  return { width, height, data: out };
}

/** A PNG's pixels where it has an alpha channel or a palette with transparency; null for others, which Skia decodes exactly. */
function transparentPng(bytes: Uint8Array): Pixels | null {
  const kind = bytes[25];
  const mayBeClear = kind === 4 || kind === 6 || (kind === 3 && Buffer.from(bytes).includes('tRNS', 0, 'latin1'));
  if (!mayBeClear) return null;
  const png = decodePng(bytes);
  if (!png.palette) return spread(png);
  const data = convertIndexedToRgb(png);
  return spread({ ...png, data, depth: 8, channels: png.palette[0]!.length });
}

function pixelsOf(image: Image): Pixels {
  const { width, height } = image;
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data as Pixels['data'] };
}

/** Where pixel (x, y) of the upright image is in the stored one, by EXIF orientation; w and h are the stored sides. */
const STORED_AT: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _w, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _w, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

/** The image turned as its EXIF orientation asks. */
export function turned({ width, height, data }: Pixels, orientation: number): Pixels {
  const stored = STORED_AT[orientation];
  if (!stored) return { width, height, data };
  const [w, h] = orientation >= 5 ? [height, width] : [width, height];
  const [from, to] = [new Uint32Array(data.buffer), new Uint32Array(width * height)];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [sx, sy] = stored(x, y, width, height);
      to[y * w + x] = from[sy * width + sx]!;
    }
  return { width: w, height: h, data: new Uint8ClampedArray(to.buffer) };
}

/**
 * @param bytes a whole image file
 * @throws Error when it cannot be decoded
 */
export async function decodePixels(bytes: Uint8Array): Promise<Pixels> {
  const plain = withoutColourProfile(bytes);
  if (!isPng(plain)) return pixelsOf(await loadImage(plain));
  // Skia turns JPEGs and WebPs itself, PNGs not. A single transparent colour (tRNS without a palette) is shown as it is.
  const pixels = transparentPng(plain) ?? pixelsOf(await loadImage(withoutChunks(plain, ONE_CLEAR_COLOUR)));
  return turned(pixels, exifOrientation(plain));
}
