/** An image with its boxes drawn in, at full size, as a PNG. */
import type { Scene } from './scene';
import { drawScene } from './draw-scene';

/** Lines and text grow with the picture, so that they read the same in print as on the screen. */
export function exportStyle(width: number, height: number): { line: number; text: number; tags: true } {
  const unit = Math.max(Math.min(width, height) / 400, 1);
  return { line: 2 * unit, text: 12 * unit, tags: true };
}

/**
 * @param bitmap the picture, or a reduced copy of it
 * @param width, height pixels of the upright original: the PNG has this size and `scene` is in its pixels
 */
export async function annotatedPng(bitmap: ImageBitmap, width: number, height: number, scene: Scene): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d')!;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, width, height);
  drawScene(pen, scene, { scale: 1, x: 0, y: 0 }, { width, height }, exportStyle(width, height));
  return canvas.convertToBlob({ type: 'image/png' });
}
