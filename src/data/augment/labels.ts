/** Labels of a view: the images' boxes as the view shows them. Edges are [x0, y0, x1, y1] in fractions. */
import { unitBoxAt, type UnitCxcywh } from '../../lib/boxes';
import type { ImageLabels } from '../../lib/training';
import type { Piece, Rect, ViewPlan } from './types';

/** A box goes when less than this share of its area (inside the image) is left. */
export const LEAST_SHARE = 0.25;
/** A box goes when a side is shorter than this in the view. */
export const LEAST_PIXELS = 2;

export interface ViewLabels extends ImageLabels {
  /** Where each label comes from: the image's id and the label's number there. */
  from: { image: string; label: number }[];
}

type Edges = readonly [number, number, number, number];

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
const area = ([x0, y0, x1, y1]: Edges): number => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);

const edgesOf = ([cx, cy, w, h]: UnitCxcywh): Edges => [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];

const clipped = ([x0, y0, x1, y1]: Edges, { x, y, w, h }: Rect): Edges => [
  clip(x0, x, x + w),
  clip(y0, y, y + h),
  clip(x1, x, x + w),
  clip(y1, y, y + h),
];

/** Share of a box's area inside the image that a part of the image shows, 0..1. */
export function keptShare(part: Rect, box: UnitCxcywh): number {
  const inside = clipped(edgesOf(box), { x: 0, y: 0, w: 1, h: 1 });
  const all = area(inside);
  return all > 0 ? area(clipped(inside, part)) / all : 0;
}

/** A box of the image in the view, clipped to the piece. */
export function placeBox({ source, target, flip }: Pick<Piece, 'source' | 'target' | 'flip'>, box: UnitCxcywh): Edges {
  const [x0, y0, x1, y1] = clipped(edgesOf(box), source);
  const across = (x: number): number => (x - source.x) / source.w;
  const [left, right] = flip ? [1 - across(x1), 1 - across(x0)] : [across(x0), across(x1)];
  const down = (y: number): number => target.y + ((y - source.y) / source.h) * target.h;
  const edges = [target.x + left * target.w, down(y0), target.x + right * target.w, down(y1)] as const;
  return clipped(edges, target);
}

/** @returns the box in the view, null where too little of it is left */
function shown(piece: Piece, box: UnitCxcywh, [height, width]: readonly [number, number]): Edges | null {
  if (!(keptShare(piece.source, box) >= LEAST_SHARE)) return null;
  const edges = placeBox(piece, box);
  const [w, h] = [(edges[2] - edges[0]) * width, (edges[3] - edges[1]) * height];
  return w >= LEAST_PIXELS && h >= LEAST_PIXELS ? edges : null;
}

/**
 * @param labelsOf labels of an image by its id; null counts as none
 * @param size [height, width] of the view in pixels
 * @returns boxes inside the view, in the order of the pieces and their labels
 */
export function viewLabels(
  plan: ViewPlan,
  labelsOf: (image: string) => ImageLabels | null,
  size: readonly [number, number],
): ViewLabels {
  const [classes, boxes, from]: [number[], number[], ViewLabels['from']] = [[], [], []];
  for (const piece of plan.pieces) {
    const labels = labelsOf(piece.image);
    labels?.classes.forEach((index, label) => {
      const edges = shown(piece, unitBoxAt(labels.boxes, label), size);
      if (!edges) return;
      const [x0, y0, x1, y1] = edges;
      classes.push(index);
      boxes.push((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0);
      from.push({ image: piece.image, label });
    });
  }
  return { classes, boxes: Float32Array.from(boxes), from };
}
