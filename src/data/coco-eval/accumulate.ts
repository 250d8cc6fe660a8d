/**
 * Precision and recall of one category over all images, as pycocotools' COCOeval.accumulate computes them.
 *
 * D detections, T IoU thresholds, R recall points.
 */
import { IOU_THRESHOLDS, type ImageMatches } from './match';

/** 0, 0.01, …, 1, with the rounding of numpy's linspace(0, 1, 101). */
const RECALL_POINTS: readonly number[] = Array.from({ length: 101 }, (_, r) => (r === 100 ? 1 : r * 0.01));

/** -1 everywhere where there is no object to find. */
export interface Curves {
  /** [T,R]: the best precision at this recall or a greater one. */
  readonly precision: Float64Array;
  /** [T]: the recall that all detections together reach. */
  readonly recall: Float64Array;
}

/** Where the detection stands in its image's lists. */
interface Place {
  image: ImageMatches;
  index: number;
}

/** All detections, the first `most` of each image, best first; equal scores keep the order of the images. */
function merge(images: readonly ImageMatches[], most: number): Place[] {
  const places: Place[] = [];
  for (const image of images) {
    for (let index = 0; index < Math.min(image.scores.length, most); index++) places.push({ image, index });
  }
  return places.sort((a, b) => b.image.scores[b.index]! - a.image.scores[a.index]!);
}

/** Fills one row of `precision` and gives the recall reached. */
function curve(places: readonly Place[], t: number, positives: number, precision: Float64Array): number {
  const recalls: number[] = [];
  const precisions: number[] = [];
  let [right, wrong] = [0, 0];
  for (const { image, index } of places) {
    const at = t * image.scores.length + index;
    if (image.ignored[at] === 0) {
      if (image.matched[at] === 1) right++;
      else wrong++;
    }
    recalls.push(right / positives);
    precisions.push(right / (wrong + right + Number.EPSILON));
  }
  for (let i = precisions.length - 1; i > 0; i--) precisions[i - 1] = Math.max(precisions[i - 1]!, precisions[i]!);
  let at = 0;
  RECALL_POINTS.forEach((point, r) => {
    while (at < recalls.length && recalls[at]! < point) at++;
    precision[t * RECALL_POINTS.length + r] = precisions[at] ?? 0;
  });
  return recalls.at(-1) ?? 0;
}

/** `images` in the order of their ids; `most` detections of each image count. */
export function accumulate(images: readonly ImageMatches[], most: number): Curves {
  const T = IOU_THRESHOLDS.length;
  const R = RECALL_POINTS.length;
  const precision = new Float64Array(T * R).fill(-1);
  const recall = new Float64Array(T).fill(-1);
  const positives = images.reduce((sum, image) => sum + image.positives, 0);
  if (positives === 0) return { precision, recall };
  const places = merge(images, most);
  for (let t = 0; t < T; t++) recall[t] = curve(places, t, positives, precision);
  return { precision, recall };
}
