/** Things said about labels, and the rules that boxes of every format have to keep. */
import type { PixelXyxy } from '../../lib/boxes';
import { DetectorError, type AppError } from '../../lib/errors';

/** @param subject the file; @param message starts with the line or element */
export function labelProblem(subject: string, message: string, hint?: string): AppError {
  return new DetectorError('annotations', subject, message, hint).detail;
}

/** A few texts for a sentence. */
export function some(texts: readonly string[], most = 5): string {
  return texts.length > most ? `${texts.slice(0, most).join(', ')} …` : texts.join(', ');
}

/** Why nothing can be learned from a box; null where something can. Written so that NaN is refused. */
export function boxFault([x0, y0, x1, y1]: PixelXyxy, width: number, height: number): string | null {
  const box = `[${[x0, y0, x1, y1].join(', ')}]`;
  if (![x0, y0, x1, y1].every(Number.isFinite)) return `expected numbers as the edges of a box, got ${box}`;
  if (!(x1 > x0 && y1 > y0)) return `expected a box with an area, got the edges ${box}`;
  if (!(x0 < width && y0 < height && x1 > 0 && y1 > 0)) {
    return `expected a box that touches the image of ${width} x ${height} pixels, got the edges ${box}`;
  }
  return null;
}
