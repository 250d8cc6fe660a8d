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

/** Scores by (query, label) of what reaches the threshold. */
function scoresAbove(
  layer: LayerResult,
  threshold: number,
): Map<string, { query: number; label: number; score: number }> {
  const found = new Map<string, { query: number; label: number; score: number }>();
  for (let k = 0; k < countAbove(layer, threshold); k++) {
    const [query, label] = [layer.query[k]!, layer.label[k]!];
    found.set(`${query}/${label}`, { query, label, score: layer.score[k]! });
  }
  return found;
}

/**
 * Detections with score >= threshold at a layer position, best first. Between two layers those of either are there:
 * what both have moves, what one has fades.
 */
export function shownAt(result: ImageDetections, position: number | null, threshold: number): Shown[] {
  const p = clampPosition(result, position);
  const before = result.layers[Math.floor(p)];
  const after = result.layers[Math.ceil(p)];
  if (!before || !after) return [];
  const t = p - Math.floor(p);
  const shown: Shown[] = [];
  const earlier = scoresAbove(before, threshold);
  const later = t === 0 ? earlier : scoresAbove(after, threshold);
  for (const [key, entry] of new Map([...earlier, ...later])) {
    const [a, b] = [earlier.get(key), later.get(key)];
    const box = mixBoxes(unitBoxAt(before.boxes, entry.query), unitBoxAt(after.boxes, entry.query), t);
    shown.push({
      query: entry.query,
      label: entry.label,
      score: a && b ? a.score + (b.score - a.score) * t : entry.score,
      box: toPixelXyxy(box, result.width, result.height),
      alpha: a && b ? 1 : a ? 1 - t : t,
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
