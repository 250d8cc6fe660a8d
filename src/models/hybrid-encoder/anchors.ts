/**
 * Anchors of the query selection (RT-DETR, arXiv 2304.08069, section 4.3).
 *
 * N cells of all levels.
 */
import { anchorLogits, type LevelShape } from '../../nn/geometry';

/** An anchor of level l is this times 2^l of the image wide and high. */
const ANCHOR_SIZE = 0.05;
/** Nearer to the border than this part of the image there is none; in float32, as the reference compares. */
const [NEAREST, FARTHEST] = [Math.fround(0.01), Math.fround(1 - 0.01)];
/** So far out that the sigmoid is 1 whatever a head adds: the reference takes the greatest float32. */
const FAR = 1e4;

const inside = (place: number): boolean => place > NEAREST && place < FARTHEST;

export interface Anchors {
  /** [N,4] logits of cxcywh; far out where a cell has no anchor. */
  logits: Float32Array;
  /** [N] 1 where a cell has an anchor, 0 on the border of levels of 50 cells a side and more. */
  valid: Float32Array;
}

/** @param shapes cells of each level, finest first */
export function borderedAnchors(shapes: readonly LevelShape[]): Anchors {
  const sizes = shapes.map((_, level) => ANCHOR_SIZE * 2 ** level);
  const logits = anchorLogits(shapes, sizes);
  const valid = Float32Array.from(
    shapes.flatMap(([h, w]) =>
      Array.from({ length: h * w }, (_, cell) => {
        const x = Math.fround(((cell % w) + 0.5) / w);
        const y = Math.fround((Math.floor(cell / w) + 0.5) / h);
        return inside(x) && inside(y) ? 1 : 0;
      }),
    ),
  );
  valid.forEach((is, cell) => {
    if (is === 0) logits.fill(FAR, cell * 4, cell * 4 + 4);
  });
  return { logits, valid };
}
