/**
 * Pascal VOC's edges (devkit_doc, "bounding boxes"): pixel numbers from 1, the last one belongs to the box. A box over a
 * whole image of 640 x 480 is 1, 1, 640, 480. As edges between pixels that is x0 = xmin - 1, x1 = xmax: so it is read here,
 * as the devkit and detectron2 read it. In ../shared's raccoon and bccd no edge is 0 and many are the image's width or
 * height, as this says. LabelImg, which wrote many such files, cuts off fractions of the edges between pixels and turns 0
 * into 1: the left and top edges of its boxes are read one pixel early, those at the image's side exactly.
 */
import type { PixelXyxy } from '../../lib/boxes';

export const EDGES = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
export type Edge = (typeof EDGES)[number];

/** What has to be taken from an edge of the file to get the edge between pixels. */
export const OFFSET: Readonly<Record<Edge, number>> = { xmin: 1, ymin: 1, xmax: 0, ymax: 0 };

/** @param edges as the file says them */
export const fromVocEdges = (edges: readonly number[]): PixelXyxy =>
  EDGES.map((edge, index) => edges[index]! - OFFSET[edge]) as unknown as PixelXyxy;

/** @param whole whole pixels, at least one, as programs that read integers want them */
export function toVocEdges(box: PixelXyxy, whole: boolean): number[] {
  if (!whole) return EDGES.map((edge, index) => box[index]! + OFFSET[edge]);
  const [x0, y0, x1, y1] = box.map(Math.round) as [number, number, number, number];
  return [x0 + 1, y0 + 1, Math.max(x1, x0 + 1), Math.max(y1, y0 + 1)];
}
