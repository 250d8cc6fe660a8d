/** What a pointer means while boxes are labelled. Screen places are CSS pixels. */
import type { PixelXyxy } from '../../lib/boxes';
import { HANDLES, type Handle, type Point } from '../../lib/box-edits';
import { toScreen, type View } from './view';

/** Shorter sides on the screen have no handle in their middle, in CSS pixels. */
const LEAST_SIDE_FOR_MIDDLE = 28;
/** At least this much of a small box's inside, in CSS pixels, moves it. */
const LEAST_REACH = 2;

/** The handles that a box of this size on the screen has, and where. */
export function handlesOf(box: PixelXyxy, view: View): { handle: Handle; x: number; y: number }[] {
  const [x0, y0, x1, y1] = toScreen(view, box);
  const place = (low: number, high: number, side: -1 | 0 | 1): number => (low + high) / 2 + ((high - low) / 2) * side;
  const fits = ({ x, y }: Handle): boolean =>
    (x !== 0 || x1 - x0 >= LEAST_SIDE_FOR_MIDDLE) && (y !== 0 || y1 - y0 >= LEAST_SIDE_FOR_MIDDLE);
  return HANDLES.filter(fits).map((handle) => ({ handle, x: place(x0, x1, handle.x), y: place(y0, y1, handle.y) }));
}

/**
 * The nearest handle within `reach` CSS pixels of a place on the screen, null when there is none. Inside a small box the
 * reach shrinks with it, so that its middle still moves it.
 */
export function handleAt(box: PixelXyxy, view: View, [x, y]: Point, reach: number): Handle | null {
  const [x0, y0, x1, y1] = toScreen(view, box);
  const isInside = x > x0 && x < x1 && y > y0 && y < y1;
  const most = isInside ? Math.min(reach, Math.max(LEAST_REACH, Math.min(x1 - x0, y1 - y0) / 4)) : reach;
  let best: Handle | null = null;
  let bestDistance = Infinity;
  for (const each of handlesOf(box, view)) {
    const distance = Math.max(Math.abs(each.x - x), Math.abs(each.y - y));
    if (distance <= most && distance < bestDistance) [best, bestDistance] = [each.handle, distance];
  }
  return best;
}

/** Whether a point of the image lies in a box, `slack` image pixels around it included. */
export function isInside([x0, y0, x1, y1]: PixelXyxy, [x, y]: Point, slack: number): boolean {
  return x >= x0 - slack && x <= x1 + slack && y >= y0 - slack && y <= y1 + slack;
}

/** The boxes around a point of the image, the smallest first; those of the same size in their order. */
export function boxesAt<T extends { box: PixelXyxy }>(boxes: readonly T[], point: Point, slack: number): T[] {
  const area = ({ box: [x0, y0, x1, y1] }: T): number => (x1 - x0) * (y1 - y0);
  return boxes.filter(({ box }) => isInside(box, point, slack)).sort((a, b) => area(a) - area(b));
}

/** Who is chosen by one more click: the first, or the one after `current`, round and round. Null when nobody is there. */
export function nextOf<T>(found: readonly T[], current: T | null): T | null {
  const at = current === null ? -1 : found.indexOf(current);
  return found[(at + 1) % Math.max(found.length, 1)] ?? null;
}

/** CSS cursor over a handle. */
export function cursorOf({ x, y }: Handle): 'ew-resize' | 'ns-resize' | 'nwse-resize' | 'nesw-resize' {
  if (y === 0) return 'ew-resize';
  if (x === 0) return 'ns-resize';
  return x === y ? 'nwse-resize' : 'nesw-resize';
}
