/**
 * What a result says at a place between the decoder's layers: plain functions for pictures and tables.
 *
 * Layer position p: 0 = query selection, i = decoder layer i, fractions in between (boxes move in a straight line from
 * layer to layer, which is how the animation shows them; the decoder itself makes whole steps).
 */
import { toPixelXyxy, unitBoxAt, type PixelXyxy, type UnitCxcywh } from './boxes';
import type { ImageDetections, LayerId, LayerResult } from './types';

export interface Shown {
  query: number;
  /** Class index of the model that made the result. */
  label: number;
  /** 0..1. */
  score: number;
  box: PixelXyxy;
  /** 0..1: below 1 while it appears or goes between two layers. */
  alpha: number;
}

export interface LayerSummary {
  layer: LayerId;
  /** Detections at or above the threshold. */
  count: number;
  /** Mean distance in pixels that the corners of those boxes moved since the layer before; 0 in the first. */
  movement: number;
}

/** `position` inside the result's layers; null stands for the last one. */
export function clampPosition(result: ImageDetections, position: number | null): number {
  const last = Math.max(result.layers.length - 1, 0);
  return position === null ? last : Math.min(Math.max(position, 0), last);
}

function mixBoxes(from: UnitCxcywh, to: UnitCxcywh, t: number): UnitCxcywh {
  const at = (i: 0 | 1 | 2 | 3): number => from[i] + (to[i] - from[i]) * t;
  return [at(0), at(1), at(2), at(3)] as UnitCxcywh;
}

/** Indices into a layer's list of what reaches the threshold: the list is sorted, best first. */
export function countAbove(layer: LayerResult, threshold: number): number {
  let count = 0;
  while (count < layer.score.length && layer.score[count]! >= threshold) count++;
  return count;
}

interface Listed {
  query: number;
  label: number;
  score: number;
}

/** The first `count` of a layer's list by "query/label". */
function listed(layer: LayerResult, count: number): Map<string, Listed> {
  const found = new Map<string, Listed>();
  for (let k = 0; k < count; k++) {
    const [query, label] = [layer.query[k]!, layer.label[k]!];
    found.set(`${query}/${label}`, { query, label, score: layer.score[k]! });
  }
  return found;
}

const above = (layer: LayerResult, threshold: number): Map<string, Listed> =>
  listed(layer, countAbove(layer, threshold));

/** How strongly a detection of the last layer is drawn where it does not reach the threshold yet. */
const PENDING_ALPHA = 0.45;

/**
 * Detections with score >= threshold at a layer position, best first. Between two layers those of either are there:
 * what both have moves, what one has fades.
 *
 * @param pending the detections of the last layer are there in every layer, faint where they do not reach the threshold:
 *   this is how the animation follows them from where their queries start
 */
export function shownAt(result: ImageDetections, position: number | null, threshold: number, pending = false): Shown[] {
  const p = clampPosition(result, position);
  const [before, after, last] = [result.layers[Math.floor(p)], result.layers[Math.ceil(p)], result.layers.at(-1)];
  if (!before || !after || !last) return [];
  const t = p - Math.floor(p);
  const mix = (a: number, b: number): number => a + (b - a) * t;
  const earlier = above(before, threshold);
  const later = t === 0 ? earlier : above(after, threshold);
  const final = pending ? above(last, threshold) : new Map<string, Listed>();
  const [scoresBefore, scoresAfter] = [listed(before, before.score.length), listed(after, after.score.length)];
  const shown: Shown[] = [];
  for (const [key, { query, label, score }] of new Map([...final, ...earlier, ...later])) {
    const least = final.has(key) ? PENDING_ALPHA : 0;
    const box = mixBoxes(unitBoxAt(before.boxes, query), unitBoxAt(after.boxes, query), t);
    const [a, b] = [scoresBefore.get(key)?.score, scoresAfter.get(key)?.score];
    shown.push({
      query,
      label,
      score: a === undefined || b === undefined ? (a ?? b ?? score) : mix(a, b),
      box: toPixelXyxy(box, result.width, result.height),
      alpha: mix(earlier.has(key) ? 1 : least, later.has(key) ? 1 : least),
    });
  }
  return shown.sort((x, y) => y.score - x.score);
}

/** The boxes of one query from query selection to the last layer, in pixels; empty when it has no such query. */
export function pathOf(result: ImageDetections, query: number): PixelXyxy[] {
  return result.layers
    .filter(({ boxes }) => query >= 0 && query * 4 + 3 < boxes.length)
    .map(({ boxes }) => toPixelXyxy(unitBoxAt(boxes, query), result.width, result.height));
}

/** Mean distance between the corners of two boxes. */
function cornerDistance(a: PixelXyxy, b: PixelXyxy): number {
  const corner = (x: 0 | 2, y: 1 | 3): number => Math.hypot(a[x] - b[x], a[y] - b[y]);
  return (corner(0, 1) + corner(2, 1) + corner(0, 3) + corner(2, 3)) / 4;
}

/** One summary per layer, select first. */
export function summariseLayers(result: ImageDetections, threshold: number): LayerSummary[] {
  return result.layers.map((layer, index) => {
    const count = countAbove(layer, threshold);
    const before = result.layers[index - 1];
    const queries = new Set(layer.query.subarray(0, count));
    let sum = 0;
    if (before) {
      for (const query of queries) {
        const [from, to] = [unitBoxAt(before.boxes, query), unitBoxAt(layer.boxes, query)];
        sum += cornerDistance(
          toPixelXyxy(from, result.width, result.height),
          toPixelXyxy(to, result.width, result.height),
        );
      }
    }
    return { layer: layer.layer, count, movement: queries.size === 0 ? 0 : sum / queries.size };
  });
}

/** The same result without the detections of some classes; boxes stay, since queries are known by their place. */
export function withoutLabels(result: ImageDetections, isHidden: (label: number) => boolean): ImageDetections {
  const layers = result.layers.map((layer) => {
    const kept = [...layer.label.keys()].filter((k) => !isHidden(layer.label[k]!));
    return {
      ...layer,
      query: Int32Array.from(kept, (k) => layer.query[k]!),
      label: Int32Array.from(kept, (k) => layer.label[k]!),
      score: Float32Array.from(kept, (k) => layer.score[k]!),
    };
  });
  return { ...result, layers };
}
