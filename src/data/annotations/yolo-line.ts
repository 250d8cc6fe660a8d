/**
 * A line of a YOLO label file: the class number and the box as centre and size in fractions of the image, or a polygon of
 * at least three points, whose bounds are the box.
 */
import type { PixelXyxy } from '../../lib/boxes';

export interface YoloLine {
  readonly id: number;
  /** The numbers behind the class, as written. */
  readonly text: string;
}

const LINE = /^(\d+)\s+(\S.*)$/;

/** Splits a line without outer spaces; null where it does not begin with a class number. */
export function splitYoloLine(line: string): YoloLine | null {
  const found = LINE.exec(line);
  return found ? { id: Number(found[1]), text: found[2]! } : null;
}

/** Edges in pixels; null where the numbers are no box and no polygon. */
export function yoloBox(text: string, width: number, height: number): PixelXyxy | null {
  const values = text.split(/\s+/).map(Number);
  if (!values.every(Number.isFinite)) return null;
  if (values.length === 4) {
    const [cx, cy, w, h] = values as [number, number, number, number];
    return [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
  }
  if (values.length < 6 || values.length % 2 !== 0) return null;
  const xs = values.filter((_, index) => index % 2 === 0);
  const ys = values.filter((_, index) => index % 2 === 1);
  return [Math.min(...xs) * width, Math.min(...ys) * height, Math.max(...xs) * width, Math.max(...ys) * height];
}

/** The numbers of a box, with all digits that they have. */
export function yoloNumbers([x0, y0, x1, y1]: PixelXyxy, width: number, height: number): string {
  return [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height].join(' ');
}
