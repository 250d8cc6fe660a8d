/** What a query looked at as a scene in image pixels: made here, drawn by query-draw.ts, tested without a canvas. */
import { toPixelXyxy, unitBoxAt, type PixelXyxy } from '../../lib/boxes';
import type { Point } from '../../lib/box-edits';
import { cellOf, cellWeights, mostAttended, type QueryLayerViews, type QueryViews } from '../../lib/query-views';
import type { ImageDetections, LayerId } from '../../lib/types';
import { PALETTE } from './colours';
import { layerColour } from './layer-colours';
import { heatOf, type Heat } from './query-heat';
import type { Size } from './view';

/** Lines to other queries are drawn to as many as can be told apart. */
export const MOST_LINKS = 8;

export interface QueryPoint {
  x: number;
  y: number;
  /** 0..1: the area of the dot. */
  weight: number;
  layer: number;
  head: number;
  colour: string;
  /** Of a layer before the shown one. */
  past: boolean;
}

export interface QueryLink {
  query: number;
  from: Point;
  to: Point;
  /** 0..1 */
  weight: number;
}

export interface QueryScene {
  heat: Heat | null;
  /** The largest first, so that none hides another. */
  points: QueryPoint[];
  links: QueryLink[];
  /** The memory cell that became the query. */
  cell: PixelXyxy | null;
  /** Where a learned query starts from. */
  anchor: Point | null;
}

export interface QuerySceneOptions {
  layer: LayerId;
  /** Null = all heads. */
  head: number | null;
  colour: 'head' | 'layer';
  /** Whether the points of the layers before are there too. */
  past: boolean;
  /** Whether lines to other queries are drawn. */
  among: boolean;
}

export const headColour = (head: number): string => PALETTE[head % PALETTE.length]!;

function pointsOf(looked: QueryLayerViews, size: Size, { layer, head, colour }: QuerySceneOptions): QueryPoint[] {
  if (!looked.places) return [];
  const { points } = looked.places;
  return Array.from({ length: points.length / 4 }, (_, at) => {
    const [x, y, weight, its] = points.subarray(4 * at, 4 * at + 4) as unknown as [number, number, number, number];
    return {
      x: x * size.width,
      y: y * size.height,
      weight,
      layer: looked.layer,
      head: its,
      colour: colour === 'head' ? headColour(its) : layerColour(looked.layer),
      past: looked.layer !== layer,
    };
  }).filter((point) => head === null || point.head === head);
}

function heatAt(views: QueryViews, looked: QueryLayerViews | undefined, { layer, head }: QuerySceneOptions) {
  if (layer === 'select') return views.selection ? heatOf(views.levels, views.selection, 'score') : null;
  return looked?.cross ? heatOf(views.levels, cellWeights(looked.cross, head), 'share') : null;
}

function linksOf(looked: QueryLayerViews, query: number, result: ImageDetections): QueryLink[] {
  const boxes = result.layers.find(({ layer }) => layer === looked.layer)?.boxes;
  if (!looked.self || !boxes) return [];
  const centre = (index: number): Point => {
    const [x, y] = unitBoxAt(boxes, index);
    return [x * result.width, y * result.height];
  };
  const from = centre(query);
  return mostAttended(looked.self, query, MOST_LINKS).map(({ query: other, weight }) => ({
    query: other,
    from,
    to: centre(other),
    weight,
  }));
}

/** @param result of the same model and image as the views */
export function buildQueryScene(views: QueryViews, result: ImageDetections, options: QuerySceneOptions): QueryScene {
  const { layer, past, among } = options;
  const looked = views.layers.find((each) => each.layer === layer);
  const upTo = layer === 'select' ? [] : views.layers.filter((each) => each.layer <= layer);
  const dotted = past ? upTo : looked ? [looked] : [];
  const { origin } = views;
  const cell = layer === 'select' && origin.kind === 'selected' ? cellOf(views.levels, origin.token) : undefined;
  const anchor = origin.kind === 'learned' ? origin.anchor : undefined;
  return {
    heat: heatAt(views, looked, options),
    points: dotted.flatMap((each) => pointsOf(each, result, options)).sort((a, b) => b.weight - a.weight),
    links: among && looked ? linksOf(looked, views.query, result) : [],
    cell: cell ? cellBox(cell.edges, result) : null,
    anchor: anchor ? [anchor[0] * result.width, anchor[1] * result.height] : null,
  };
}

/** A cell of 0.25 of the image is a quarter of it wide. */
function cellBox([x0, y0, x1, y1]: readonly [number, number, number, number], { width, height }: Size): PixelXyxy {
  return toPixelXyxy([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], width, height);
}

/** The point nearest to (x, y), within `reach` image pixels; undefined where there is none. */
export function pointAt({ points }: QueryScene, x: number, y: number, reach: number): QueryPoint | undefined {
  let nearest: QueryPoint | undefined;
  let least = reach;
  for (const point of points) {
    const distance = Math.hypot(point.x - x, point.y - y);
    if (distance <= least) [nearest, least] = [point, distance];
  }
  return nearest;
}

/** Room around what is shown, of its longer side, and the least part of the image that is shown. */
const MARGIN = 0.15;
const LEAST_PART = 0.2;

/**
 * The part of the image where a query and its sampling points are in any layer, of the image's own proportions; the whole
 * image where attention is dense.
 */
export function lookedRegion(views: QueryViews, { width, height }: Size): PixelXyxy {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const { box, places } of views.layers) {
    if (!places) return [0, 0, width, height];
    xs.push(box[0] - box[2] / 2, box[0] + box[2] / 2);
    ys.push(box[1] - box[3] / 2, box[1] + box[3] / 2);
    for (let at = 0; at < places.points.length; at += 4) {
      xs.push(places.points[at]!);
      ys.push(places.points[at + 1]!);
    }
  }
  const inside = (values: number[]): number[] => values.map((value) => Math.min(Math.max(value, 0), 1));
  const [x, y] = [inside(xs), inside(ys)];
  const ends = [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)] as const;
  const wanted = Math.max(ends[2] - ends[0], ends[3] - ends[1]) * (1 + 2 * MARGIN);
  const part = Math.min(Math.max(wanted, LEAST_PART), 1);
  const start = (low: number, high: number): number => Math.min(Math.max((low + high - part) / 2, 0), 1 - part);
  const [left, top] = [start(ends[0], ends[2]), start(ends[1], ends[3])];
  return [left * width, top * height, (left + part) * width, (top + part) * height];
}
