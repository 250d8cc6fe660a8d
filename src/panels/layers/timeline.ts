/** When the animation is where: it rests on every layer, then moves on to the next. Times in ms. */

export const REST = 420;
export const MOVE = 480;

/** Slow, fast, slow: 0..1 to 0..1. */
const ease = (t: number): number => t * t * (3 - 2 * t);

/** The layer position `elapsed` ms after the start from layer 0; stays at `last`. */
export function positionAt(elapsed: number, last: number): number {
  const cycle = Math.floor(elapsed / (REST + MOVE));
  if (cycle >= last) return last;
  const within = elapsed - cycle * (REST + MOVE);
  return within <= REST ? cycle : cycle + ease((within - REST) / MOVE);
}

/** For those who asked for less motion: whole layers only. */
export function steppedAt(elapsed: number, last: number): number {
  return Math.min(Math.floor(elapsed / (REST + MOVE)), last);
}

export const playTime = (last: number): number => last * (REST + MOVE);
