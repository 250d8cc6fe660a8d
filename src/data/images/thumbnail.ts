/** Small pictures for lists. */
import { DetectorError } from '../../lib/errors';
import { AS_STORED } from './decode';

/**
 * A WebP picture with its longer side at most `side` pixels, never enlarged. A bitmap that is passed in stays open.
 * @throws DetectorError `image` when the file cannot be decoded
 */
export async function makeThumbnail(source: Blob | ImageBitmap, side: number, name = 'image'): Promise<Blob> {
  const whole = source instanceof Blob ? await createImageBitmap(source, AS_STORED).catch(() => null) : source;
  if (!whole)
    throw new DetectorError('image', name, 'expected an image to make a thumbnail of, got one that does not decode');
  try {
    const scale = Math.min(1, side / Math.max(whole.width, whole.height));
    const width = Math.max(1, Math.round(whole.width * scale));
    const height = Math.max(1, Math.round(whole.height * scale));
    const small = await createImageBitmap(whole, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
    const canvas = new OffscreenCanvas(width, height);
    // Drawn, not handed over by bitmaprenderer: in Chromium that one forgets EXIF rotation.
    canvas.getContext('2d')?.drawImage(small, 0, 0);
    small.close();
    return await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
  } finally {
    if (source instanceof Blob) whole.close();
  }
}
