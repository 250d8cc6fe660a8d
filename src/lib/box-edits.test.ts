import { describe, expect, it } from 'vitest';
import {
  boxAround,
  boxBeside,
  boxBetween,
  clipBox,
  HANDLES,
  moveBox,
  resizeBox,
  sidesOf,
  type Handle,
} from './box-edits';
import type { PixelXyxy } from './boxes';

const IMAGE = { width: 100, height: 80 };
const BOX: PixelXyxy = [10, 20, 40, 60];
const handle = (x: Handle['x'], y: Handle['y']): Handle => HANDLES.find((each) => each.x === x && each.y === y)!;

describe('clipBox', () => {
  it.each([
    [
      [-5, -5, 200, 200],
      [0, 0, 100, 80],
    ],
    [
      [40, 60, 10, 20],
      [10, 20, 40, 60],
    ],
    [
      [120, 90, 130, 95],
      [100, 80, 100, 80],
    ],
    [
      [0.25, 1.75, 3.5, 4.125],
      [0.25, 1.75, 3.5, 4.125],
    ],
  ] as [PixelXyxy, PixelXyxy][])('%j in 100 x 80 is %j', (box, expected) => {
    expect(clipBox(box, IMAGE)).toEqual(expected);
  });
});

describe('boxBetween', () => {
  it('is the same from any corner to the opposite one', () => {
    expect(boxBetween([40, 20], [10, 60], IMAGE)).toEqual(BOX);
    expect(boxBetween([40, 60], [10, 20], IMAGE)).toEqual(BOX);
  });
});

describe('moveBox', () => {
  it('keeps the size and stops at every edge of the image', () => {
    expect(moveBox(BOX, 3, -4, IMAGE)).toEqual([13, 16, 43, 56]);
    expect(moveBox(BOX, -1000, -1000, IMAGE)).toEqual([0, 0, 30, 40]);
    expect(moveBox(BOX, 1000, 1000, IMAGE)).toEqual([70, 40, 100, 80]);
  });
});

describe('resizeBox', () => {
  it.each([
    [handle(-1, -1), [15, 27, 40, 60]],
    [handle(1, -1), [10, 27, 45, 60]],
    [handle(1, 1), [10, 20, 45, 67]],
    [handle(-1, 1), [15, 20, 40, 67]],
    [handle(0, -1), [10, 27, 40, 60]],
    [handle(1, 0), [10, 20, 45, 60]],
    [handle(0, 1), [10, 20, 40, 67]],
    [handle(-1, 0), [15, 20, 40, 60]],
  ] as [Handle, PixelXyxy][])('%j moves its own edges by (5, 7)', (pulled, expected) => {
    expect(resizeBox(BOX, pulled, 5, 7, IMAGE)).toEqual(expected);
  });

  it('turns over when an edge is pulled across the opposite one, in one axis or both', () => {
    expect(resizeBox(BOX, handle(-1, 0), 45, 0, IMAGE)).toEqual([40, 20, 55, 60]);
    expect(resizeBox(BOX, handle(-1, -1), 45, 55, IMAGE)).toEqual([40, 60, 55, 75]);
  });

  it('ends at the edge of the image', () => {
    expect(resizeBox(BOX, handle(1, 1), 500, 500, IMAGE)).toEqual([10, 20, 100, 80]);
    expect(resizeBox(BOX, handle(1, 1), -500, -500, IMAGE)).toEqual([0, 0, 10, 20]);
  });
});

describe('copies', () => {
  it('stand around a point, inside the image', () => {
    expect(boxAround(BOX, [50, 40], IMAGE)).toEqual([35, 20, 65, 60]);
    expect(boxAround(BOX, [99, 1], IMAGE)).toEqual([70, 0, 100, 40]);
  });

  it('stand beside the original, on the other side where the image ends', () => {
    expect(boxBeside(BOX, 12, IMAGE)).toEqual([22, 32, 52, 72]);
    expect(boxBeside([70, 40, 100, 80], 12, IMAGE)).toEqual([58, 28, 88, 68]);
    expect(boxBeside(BOX, 12, { width: Infinity, height: Infinity })).toEqual([22, 32, 52, 72]);
  });

  it('know their sides', () => {
    expect(sidesOf(BOX)).toEqual({ width: 30, height: 40 });
  });
});
