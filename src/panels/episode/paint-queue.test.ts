import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paintSoon } from './paint-queue';

const frames: (() => void)[] = [];
let now = 0;
beforeEach(() => {
  frames.length = 0;
  now = 0;
  vi.stubGlobal('requestAnimationFrame', (act: () => void) => frames.push(act));
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('draws what a frame has time for, the rest in the next ones', () => {
  const drawn: number[] = [];
  for (let picture = 0; picture < 5; picture++)
    paintSoon(() => {
      drawn.push(picture);
      now += 4;
    });
  expect(frames).toHaveLength(1);
  frames.shift()!();
  expect(drawn).toEqual([0, 1]);
  frames.shift()!();
  frames.shift()!();
  expect(drawn).toEqual([0, 1, 2, 3, 4]);
  expect(frames).toHaveLength(0);
});

it('draws once what is asked twice, and nothing that was taken back', () => {
  const [twice, gone] = [vi.fn(), vi.fn()];
  paintSoon(twice);
  paintSoon(twice);
  paintSoon(gone)();
  frames.shift()!();
  expect(twice).toHaveBeenCalledOnce();
  expect(gone).not.toHaveBeenCalled();
});
