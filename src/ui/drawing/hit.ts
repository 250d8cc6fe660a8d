/** Which box a pointer means. */
import type { PixelXyxy } from '../../lib/boxes';

/**
 * Index of the smallest box around a point of the image, -1 when there is none. The smallest wins so that a box inside
 * another can be reached; `slack` image pixels around each edge count as inside, so that thin boxes can be hit.
 */
export function hitBox(boxes: readonly { box: PixelXyxy }[], x: number, y: number, slack: number): number {
  let best = -1;
  let bestArea = Infinity;
  boxes.forEach(({ box: [x0, y0, x1, y1] }, index) => {
    const inside = x >= x0 - slack && x <= x1 + slack && y >= y0 - slack && y <= y1 + slack;
    const area = (x1 - x0) * (y1 - y0);
    if (inside && area < bestArea) [best, bestArea] = [index, area];
  });
  return best;
}
