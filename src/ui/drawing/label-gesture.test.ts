import { describe, expect, it } from 'vitest';
import type { Point } from '../../lib/box-edits';
import type { PixelXyxy } from '../../lib/boxes';
import { gestureAt, gestureBox, isDrag, isMeant } from './label-gesture';
import { boxesAt, cursorOf, handleAt, handlesOf, nextOf } from './label-hit';

const IMAGE = { width: 200, height: 100 };
/** Two screen pixels for a pixel of the image, which starts at (100, 50). */
const VIEW = { scale: 2, x: 100, y: 50 };
/** On the screen [120, 70, 240, 230]. */
const SELECTED = { id: 'a', box: [10, 10, 70, 90] as PixelXyxy };
const press = (at: Point, change = {}) =>
  gestureAt(VIEW, at, { selected: SELECTED, always: false, reach: 7, ...change });

describe('handles', () => {
  it('stand on corners and middles', () => {
    expect(handlesOf(SELECTED.box, VIEW).map(({ x, y }) => [x, y])).toEqual([
      [120, 70],
      [240, 70],
      [240, 230],
      [120, 230],
      [180, 70],
      [240, 150],
      [180, 230],
      [120, 150],
    ]);
  });

  it('are only corners where a side has no room, so the middle moves', () => {
    const small: PixelXyxy = [10, 10, 16, 16];
    expect(handlesOf(small, VIEW)).toHaveLength(4);
    expect(handleAt(small, VIEW, [126, 76], 18)).toBeNull();
    expect(handleAt(small, VIEW, [121, 71], 18)).toEqual({ x: -1, y: -1 });
    expect(handleAt(small, VIEW, [112, 62], 18)).toEqual({ x: -1, y: -1 });
  });

  it('reach exactly as far as told, and the nearest wins', () => {
    expect(handleAt(SELECTED.box, VIEW, [247, 237], 7)).toEqual({ x: 1, y: 1 });
    expect(handleAt(SELECTED.box, VIEW, [248, 237], 7)).toBeNull();
    expect(handleAt(SELECTED.box, VIEW, [175, 72], 70)).toEqual({ x: 0, y: -1 });
  });

  it('show where they pull', () => {
    expect(cursorOf({ x: -1, y: -1 })).toBe('nwse-resize');
    expect(cursorOf({ x: 1, y: -1 })).toBe('nesw-resize');
    expect(cursorOf({ x: 0, y: 1 })).toBe('ns-resize');
    expect(cursorOf({ x: -1, y: 0 })).toBe('ew-resize');
  });
});

describe('a drag', () => {
  it('draws on empty ground, from corner to corner, inside the image', () => {
    const gesture = press([300, 60]);
    expect(gesture).toEqual({ kind: 'draw', start: [100, 5] });
    expect(gestureBox(gesture, [180, 55], IMAGE)).toEqual([100, 5, 180, 55]);
    expect(gestureBox(gesture, [500, -3], IMAGE)).toEqual([100, 0, 200, 5]);
  });

  it('moves the selected box from inside', () => {
    const gesture = press([160, 150]);
    expect(gesture).toEqual({ kind: 'move', id: 'a', from: SELECTED.box, start: [30, 50] });
    expect(gestureBox(gesture, [35.5, 52], IMAGE)).toEqual([15.5, 12, 75.5, 92]);
  });

  it('pulls at a handle by as much as the pointer moved, not to where it is', () => {
    const gesture = press([243, 233]);
    expect(gesture).toMatchObject({ kind: 'resize', id: 'a', handle: { x: 1, y: 1 } });
    expect(gestureBox(gesture, [gesture.start[0] + 4, gesture.start[1] + 1], IMAGE)).toEqual([10, 10, 74, 91]);
  });

  it('draws over the selected box where that is asked for, and over one that is not selected', () => {
    expect(press([160, 150], { always: true }).kind).toBe('draw');
    expect(press([160, 150], { selected: null }).kind).toBe('draw');
  });

  it('is one from 3 pixels on, and its box too', () => {
    expect(isDrag([0, 0], [2, -2])).toBe(false);
    expect(isDrag([0, 0], [0, -3])).toBe(true);
    expect(isMeant([0, 0, 1.5, 1.5], VIEW)).toBe(true);
    expect(isMeant([0, 0, 50, 1.4], VIEW)).toBe(false);
  });
});

describe('a click', () => {
  const [large, small, far] = [
    { id: 'large', box: [0, 0, 100, 100] as PixelXyxy },
    { id: 'small', box: [20, 20, 30, 30] as PixelXyxy },
    { id: 'far', box: [150, 50, 160, 60] as PixelXyxy },
  ];

  it('means the smallest box around it, then the next one, round and round', () => {
    const found = boxesAt([large, small, far], [25, 25], 0);
    expect(found).toEqual([small, large]);
    expect(nextOf(found, null)).toBe(small);
    expect(nextOf(found, small)).toBe(large);
    expect(nextOf(found, large)).toBe(small);
    expect(nextOf(found, far)).toBe(small);
  });

  it('means a box just beside it, and nothing where nothing is', () => {
    expect(boxesAt([far], [148, 55], 2)).toEqual([far]);
    expect(boxesAt([far], [147, 55], 2)).toEqual([]);
    expect(nextOf([], null)).toBeNull();
  });
});
