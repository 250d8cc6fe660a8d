/** Drawing on a canvas that is as sharp as the screen. */

export interface SharpPen {
  /** Draws in CSS pixels; the canvas is empty. */
  pen: CanvasRenderingContext2D;
  /** CSS pixels */
  width: number;
  height: number;
}

/** Fits a canvas's pixels to its place on the page. @returns null while it has no place */
export function sharpPen(canvas: HTMLCanvasElement): SharpPen | null {
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = canvas.getContext('2d');
  if (!pen || width === 0) return null;
  const density = window.devicePixelRatio;
  const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
  // Another size makes the canvas anew, even the same size does.
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  pen.reset();
  pen.scale(density, density);
  pen.imageSmoothingQuality = 'high';
  return { pen, width, height };
}

/** Draws an image, a closed one as nothing: it has no width. @param at [x, y, width, height] in the pen's pixels */
export function drawPicture(
  pen: CanvasRenderingContext2D,
  picture: ImageBitmap | null,
  at: readonly [number, number, number, number],
): void {
  if (picture && picture.width > 0) pen.drawImage(picture, ...at);
}
