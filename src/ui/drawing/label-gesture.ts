/** One drag of the pointer while boxes are labelled, from where it started to the box that it makes. */
import type { PixelXyxy } from '../../lib/boxes';
import { boxBetween, moveBox, resizeBox, sidesOf, type Handle, type Point } from '../../lib/box-edits';
import { handleAt, isInside } from './label-hit';
import { toImage, type Size, type View } from './view';

/** CSS pixels: a pointer that moved less did not drag, a box with a shorter side is none. */
export const LEAST_DRAG = 3;

export type Gesture =
  | { kind: 'draw'; start: Point }
  | { kind: 'move'; id: string; from: PixelXyxy; start: Point }
  | { kind: 'resize'; id: string; from: PixelXyxy; start: Point; handle: Handle };

export interface PressOptions {
  /** The selected label, which alone is moved and pulled at. */
  selected: { id: string; box: PixelXyxy } | null;
  /** Draws a new box even where the selected one is. */
  always: boolean;
  /** CSS pixels around a handle that still mean it. */
  reach: number;
}

/** What a drag that starts at a place on the screen (CSS pixels) does. */
export function gestureAt(view: View, [x, y]: Point, { selected, always, reach }: PressOptions): Gesture {
  const start = toImage(view, x, y);
  if (!selected || always) return { kind: 'draw', start };
  const { id, box } = selected;
  const handle = handleAt(box, view, [x, y], reach);
  if (handle) return { kind: 'resize', id, from: box, start, handle };
  return isInside(box, start, 0) ? { kind: 'move', id, from: box, start } : { kind: 'draw', start };
}

/** The box that a drag has made when the pointer is at a point of the image. */
export function gestureBox(gesture: Gesture, [x, y]: Point, image: Size): PixelXyxy {
  const [dx, dy] = [x - gesture.start[0], y - gesture.start[1]];
  switch (gesture.kind) {
    case 'draw':
      return boxBetween(gesture.start, [x, y], image);
    case 'move':
      return moveBox(gesture.from, dx, dy, image);
    case 'resize':
      return resizeBox(gesture.from, gesture.handle, dx, dy, image);
  }
}

/** Whether a pointer has moved far enough on the screen to drag. */
export const isDrag = ([ax, ay]: Point, [bx, by]: Point): boolean =>
  Math.max(Math.abs(bx - ax), Math.abs(by - ay)) >= LEAST_DRAG;

/** Whether a box is large enough on the screen to be meant. */
export function isMeant(box: PixelXyxy, view: View): boolean {
  const { width, height } = sidesOf(box);
  return Math.min(width, height) * view.scale >= LEAST_DRAG;
}
