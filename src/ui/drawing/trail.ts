/** The shape of a query's path through the layers. */
import type { PixelXyxy } from '../../lib/boxes';

export interface Ghost {
  box: PixelXyxy;
  /** 0..1, later layers are stronger. */
  alpha: number;
}

export interface TrailShape {
  /** Box centres [x, y] in layer order. */
  points: [number, number][];
  /** Boxes of every layer but the last, which is drawn as itself. */
  ghosts: Ghost[];
}

const FIRST_ALPHA = 0.45;
const LAST_ALPHA = 0.9;

export function trailShape(boxes: readonly PixelXyxy[]): TrailShape {
  const steps = Math.max(boxes.length - 2, 1);
  return {
    points: boxes.map(([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2]),
    ghosts: boxes.slice(0, -1).map((box, index) => ({
      box,
      alpha: FIRST_ALPHA + ((LAST_ALPHA - FIRST_ALPHA) * index) / steps,
    })),
  };
}
