/**
 * Detections and objects of one image and one category, matched as pycocotools' COCOeval.evaluateImg does.
 *
 * D detections (best first), G objects, T IoU thresholds.
 */
import type { PixelXywh } from '../../lib/boxes';

/** 0.50 to 0.95, with the rounding of numpy's linspace(.5, .95, 10). */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, t) =>
  t === 9 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / 9),
);

/** Least and greatest area in square pixels. */
export type AreaRange = readonly [number, number];

export interface ObjectBox {
  readonly bbox: PixelXywh;
  readonly area: number;
  readonly iscrowd: 0 | 1;
}

export interface DetectedBox {
  readonly bbox: PixelXywh;
  readonly score: number;
}

/** What one image says about one category in one area range. */
export interface ImageMatches {
  /** [D], best first. */
  readonly scores: Float64Array;
  /** [T,D]: 1 where the detection found an object. */
  readonly matched: Uint8Array;
  /** [T,D]: 1 where the detection counts neither as right nor as wrong. */
  readonly ignored: Uint8Array;
  /** Objects that count. */
  readonly positives: number;
}

/**
 * Intersection over union; over the detection's own area where the object is a crowd (pycocotools maskApi.c, bbIou).
 * A value in 0..1; 0 where the two do not overlap.
 */
export function iou(detection: PixelXywh, object: PixelXywh, iscrowd: 0 | 1): number {
  const [dx, dy, dw, dh] = detection;
  const [gx, gy, gw, gh] = object;
  const w = Math.min(dx + dw, gx + gw) - Math.max(dx, gx);
  const h = Math.min(dy + dh, gy + gh) - Math.max(dy, gy);
  if (w <= 0 || h <= 0) return 0;
  const both = w * h;
  return both / (iscrowd ? dw * dh : dw * dh + gw * gh - both);
}

/** IoUs of one image and category: computed once, used in every area range. [D,G] */
export function iouMatrix(detections: readonly DetectedBox[], objects: readonly ObjectBox[]): Float64Array {
  const matrix = new Float64Array(detections.length * objects.length);
  detections.forEach(({ bbox }, d) =>
    objects.forEach((object, g) => {
      matrix[d * objects.length + g] = iou(bbox, object.bbox, object.iscrowd);
    }),
  );
  return matrix;
}

const outside = (area: number, [least, greatest]: AreaRange): boolean => area < least || area > greatest;

/**
 * The object that a detection takes at one threshold, -1 for none: the best overlapping one that is free, one that counts
 * before any that does not; of equal overlaps the later one. Crowds are never used up.
 */
function pick(
  row: Float64Array,
  threshold: number,
  order: readonly number[],
  counts: (object: number) => boolean,
  free: (object: number) => boolean,
): number {
  let best = Math.min(threshold, 1 - 1e-10);
  let picked = -1;
  for (const object of order) {
    if (!free(object)) continue;
    if (picked > -1 && counts(picked) && !counts(object)) break;
    if (!(row[object]! >= best)) continue;
    best = row[object]!;
    picked = object;
  }
  return picked;
}

/**
 * Matches in one area range. `detections` are sorted, best first, and cut to the greatest number that is measured.
 * Unlike in pycocotools a match with an object whose id is 0 is a match.
 */
export function matchImage(
  detections: readonly DetectedBox[],
  objects: readonly ObjectBox[],
  ious: Float64Array,
  range: AreaRange,
): ImageMatches {
  const [D, G] = [detections.length, objects.length];
  const skipped = objects.map(({ area, iscrowd }) => iscrowd === 1 || outside(area, range));
  // Those that count come first; both parts keep their order.
  const order = [...objects.keys()].sort((a, b) => Number(skipped[a]) - Number(skipped[b]));
  const counts = (object: number): boolean => !skipped[object];
  const matched = new Uint8Array(IOU_THRESHOLDS.length * D);
  const ignored = new Uint8Array(IOU_THRESHOLDS.length * D);
  const tooSmallOrLarge = detections.map(({ bbox }) => outside(bbox[2] * bbox[3], range));
  IOU_THRESHOLDS.forEach((threshold, t) => {
    const taken = new Uint8Array(G);
    const free = (object: number): boolean => taken[object] === 0 || objects[object]!.iscrowd === 1;
    for (let d = 0; d < D; d++) {
      const picked = pick(ious.subarray(d * G, (d + 1) * G), threshold, order, counts, free);
      const at = t * D + d;
      if (picked < 0) {
        ignored[at] = Number(tooSmallOrLarge[d]);
        continue;
      }
      taken[picked] = 1;
      matched[at] = 1;
      ignored[at] = Number(skipped[picked]);
    }
  });
  const positives = skipped.filter((skip) => !skip).length;
  return { scores: Float64Array.from(detections, ({ score }) => score), matched, ignored, positives };
}
