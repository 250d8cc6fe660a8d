/**
 * A file to upright pixels, in the worker or in the page. The browser decodes; this decides what it may decode and how: as
 * Pillow's `exif_transpose(open(file)).convert('RGB')` does, with EXIF orientation, without colour profiles, colours under
 * transparency kept. Of 16-bit images the upper byte is used (by the browser), of GIFs the first frame.
 */
import { DetectorError, toAppError } from '../../lib/errors';
import { readPixelSize } from './header';
import { EXPECTED, refusal, sniffBlob } from './sniff';

/** Decoding takes 4 bytes a pixel. */
export const MOST_PIXELS = 100e6;

export const AS_STORED: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'none',
};

export interface DecodedImage {
  /** Upright, at most `maxSide` on each side. The caller closes it. */
  bitmap: ImageBitmap;
  /** Size of the upright original in pixels. */
  width: number;
  height: number;
  /** Side of the bitmap over side of the original: 1, or below where it was scaled down. */
  scaledBy: number;
}

export interface DecodeOptions {
  signal?: AbortSignal;
  /** Greatest side of the bitmap in pixels; a larger image is scaled down right after decoding. */
  maxSide: number;
}

/** @throws DetectorError `image` unless the file is an image of a known kind and of at most MOST_PIXELS pixels */
async function requireImage(blob: Blob, name: string): Promise<string> {
  const kind = await sniffBlob(blob);
  if (kind.role !== 'image') throw refusal(name, kind);
  const size = await readPixelSize(blob);
  if (!size) {
    throw new DetectorError(
      'image',
      name,
      `${EXPECTED}, got a damaged ${kind.format}: it has no readable header`,
      'Copy or download it again.',
    );
  }
  const pixels = size.width * size.height;
  if (pixels > MOST_PIXELS) {
    throw new DetectorError(
      'image',
      name,
      `expected at most ${MOST_PIXELS / 1e6} megapixels, got ${size.width} x ${size.height} = ${(pixels / 1e6).toFixed(2)}`,
      'Scale it down or cut it into pieces first.',
    );
  }
  return kind.format;
}

async function decode(blob: Blob, name: string, format: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, AS_STORED);
  } catch {
    // The browser's own message is the same for every cause.
    throw new DetectorError(
      'image',
      name,
      `expected a whole ${format} image, got one that the browser cannot decode: it is cut off, damaged, or of a rare kind`,
      'Copy or download it again, or export it as plain JPEG or PNG.',
    );
  }
}

/**
 * The bitmap itself, or a smaller one in its place. Scaling after decoding, not while: the size of the upright original is
 * then the browser's own word, whatever rotation the file asks for; either way the browser decodes at full size.
 */
async function fitted(bitmap: ImageBitmap, maxSide: number): Promise<ImageBitmap> {
  const scale = maxSide / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  try {
    return await createImageBitmap(bitmap, {
      ...AS_STORED,
      resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
      resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
      resizeQuality: 'high',
    });
  } finally {
    bitmap.close();
  }
}

/**
 * @param blob any file; its kind is found by its content
 * @param name for errors
 * @throws DetectorError `image` with the reason for files that cannot be used, `cancelled` when the signal is aborted
 */
export async function decodeImage(blob: Blob, name: string, { signal, maxSide }: DecodeOptions): Promise<DecodedImage> {
  const format = await requireImage(blob, name);
  requireGoing(signal, name);
  const whole = await decode(blob, name, format);
  const { width, height } = whole;
  const bitmap = await fitted(whole, maxSide).catch((thrown: unknown) => {
    throw new DetectorError('image', name, `could not be scaled down: ${toAppError(thrown, name).message}`);
  });
  try {
    requireGoing(signal, name);
  } catch (thrown) {
    bitmap.close();
    throw thrown;
  }
  return { bitmap, width, height, scaledBy: Math.max(bitmap.width, bitmap.height) / Math.max(width, height) };
}

function requireGoing(signal: AbortSignal | undefined, name: string): void {
  if (signal?.aborted) throw new DetectorError('cancelled', name, 'was cancelled');
}
