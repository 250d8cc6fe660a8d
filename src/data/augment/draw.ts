/** Pixels of a planned view, through a canvas: in the worker or in the page. */
import { DetectorError } from '../../lib/errors';
import { recolour } from './colour';
import type { Piece, ViewPlan } from './types';

/** Mean colour of ImageNet's photos (the mean that models of torchvision subtract, times 255). */
export const GROUND = [124, 116, 104] as const;

function surface(width: number, height: number): OffscreenCanvasRenderingContext2D {
  // Read back at once: the browser then keeps the pixels in memory and not on the GPU.
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context)
    throw new DetectorError('image', `view ${width} x ${height}`, 'expected a canvas of this size, got none');
  context.imageSmoothingQuality = 'high';
  return context;
}

function drawPiece(
  context: OffscreenCanvasRenderingContext2D,
  { source, target, flip }: Piece,
  bitmap: ImageBitmap,
): void {
  const { width, height } = context.canvas;
  context.save();
  context.translate((flip ? target.x + target.w : target.x) * width, target.y * height);
  if (flip) context.scale(-1, 1);
  const part = [source.x * bitmap.width, source.y * bitmap.height, source.w * bitmap.width, source.h * bitmap.height];
  context.drawImage(bitmap, ...(part as [number, number, number, number]), 0, 0, target.w * width, target.h * height);
  context.restore();
}

/**
 * @param bitmapOf the upright image of an id, at full size or scaled down; it stays open
 * @param size [height, width] of the view in pixels: images are squeezed into it, as for detection
 * @returns opaque RGBA; what is transparent in an image shows the ground
 */
export function drawView(
  plan: ViewPlan,
  bitmapOf: (image: string) => ImageBitmap,
  [height, width]: readonly [number, number],
): ImageData {
  const context = surface(width, height);
  context.fillStyle = `rgb(${GROUND.join(' ')})`;
  context.fillRect(0, 0, width, height);
  for (const piece of plan.pieces) drawPiece(context, piece, bitmapOf(piece.image));
  const pixels = context.getImageData(0, 0, width, height);
  if (plan.colour) recolour(pixels.data, plan.colour);
  return pixels;
}

/** A small JPEG of a view, its longer side at most `side` pixels, never enlarged. */
export async function viewPicture(view: ImageData, side = 224): Promise<Blob> {
  const whole = surface(view.width, view.height);
  whole.putImageData(view, 0, 0);
  const scale = Math.min(1, side / Math.max(view.width, view.height));
  const [width, height] = [view.width, view.height].map((length) => Math.max(1, Math.round(length * scale)));
  const small = surface(width!, height!);
  small.drawImage(whole.canvas, 0, 0, width!, height!);
  return small.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
}
