/** Boxes while they are drawn, moved and pulled at: all in pixels of the upright image, all exact. */
import type { PixelXyxy } from './boxes';

interface Size {
  width: number;
  height: number;
}

export type Point = readonly [x: number, y: number];

/** A corner or the middle of an edge: -1 the left or upper edge, 1 the right or lower one, 0 an edge that stays. */
export interface Handle {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

/** Corners first: where handles crowd, a corner does more. */
export const HANDLES: readonly Handle[] = [
  { x: -1, y: -1 },
  { x: 1, y: -1 },
  { x: 1, y: 1 },
  { x: -1, y: 1 },
  { x: 0, y: -1 },
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
];

const between = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The part of a box inside the image; its corners may come in any order. A box outside has no size. */
export function clipBox([ax, ay, bx, by]: PixelXyxy, { width, height }: Size): PixelXyxy {
  return [
    between(Math.min(ax, bx), 0, width),
    between(Math.min(ay, by), 0, height),
    between(Math.max(ax, bx), 0, width),
    between(Math.max(ay, by), 0, height),
  ];
}

/** From one corner to the opposite one, inside the image. */
export const boxBetween = ([ax, ay]: Point, [bx, by]: Point, image: Size): PixelXyxy =>
  clipBox([ax, ay, bx, by], image);

/** Moved by (dx, dy) as far as the image goes, so that it keeps its size. */
export function moveBox(box: PixelXyxy, dx: number, dy: number, image: Size): PixelXyxy {
  const [x0, y0, x1, y1] = clipBox(box, image);
  const x = between(dx, -x0, image.width - x1);
  const y = between(dy, -y0, image.height - y1);
  return [x0 + x, y0 + y, x1 + x, y1 + y];
}

/** A box of the size of `box` around a point, moved inward where the image ends. */
export function boxAround(box: PixelXyxy, [x, y]: Point, image: Size): PixelXyxy {
  const [x0, y0, x1, y1] = clipBox(box, image);
  return moveBox([x0, y0, x1, y1], x - (x0 + x1) / 2, y - (y0 + y1) / 2, image);
}

/** A copy beside a box: `by` pixels to the right and down, or left and up where the image ends. */
export function boxBeside(box: PixelXyxy, by: number, image: Size): PixelXyxy {
  const [, , x1, y1] = clipBox(box, image);
  return moveBox(box, x1 + by <= image.width ? by : -by, y1 + by <= image.height ? by : -by, image);
}

/** The edges of a handle moved by (dx, dy); pulled over the opposite edge the box turns over. */
export function resizeBox([x0, y0, x1, y1]: PixelXyxy, handle: Handle, dx: number, dy: number, image: Size): PixelXyxy {
  return clipBox(
    [
      handle.x === -1 ? x0 + dx : x0,
      handle.y === -1 ? y0 + dy : y0,
      handle.x === 1 ? x1 + dx : x1,
      handle.y === 1 ? y1 + dy : y1,
    ],
    image,
  );
}

export const sidesOf = ([x0, y0, x1, y1]: PixelXyxy): Size => ({ width: x1 - x0, height: y1 - y0 });
