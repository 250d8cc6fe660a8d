/** Pictures that are drawn a few in a frame: an episode of six layers and eight rollouts has 54 of them. */

/** What drawing may take of a frame, milliseconds; the pictures that are left come with the next one. */
const FRAME_BUDGET_MS = 6;

const waiting = new Set<() => void>();
let frame = 0;

function paint(): void {
  frame = 0;
  const end = performance.now() + FRAME_BUDGET_MS;
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() > end) break;
  }
  if (waiting.size > 0) frame = requestAnimationFrame(paint);
}

/**
 * Draws in one of the next frames; asked again before that, once.
 * @returns takes it back
 */
export function paintSoon(draw: () => void): () => void {
  waiting.add(draw);
  if (frame === 0) frame = requestAnimationFrame(paint);
  return () => void waiting.delete(draw);
}
