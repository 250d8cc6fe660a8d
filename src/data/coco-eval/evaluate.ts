/**
 * COCO's detection measure (https://cocodataset.org/#detection-eval) for boxes: the twelve numbers and the AP of every
 * category, as pycocotools gives them: 10 IoU thresholds, 101 recall points, 1, 10 and 100 detections an image and
 * category, areas all, small, medium, large.
 */
import { DetectorError } from '../../lib/errors';
import type { CocoNumbers } from '../../lib/types';
import type { CocoAnnotation, CocoDataset, CocoDetection } from '../coco';
import { accumulate, type Curves } from './accumulate';
import { IOU_THRESHOLDS, iouMatrix, matchImage, type AreaRange, type ImageMatches } from './match';

const SMALL = 32 ** 2;
const MEDIUM = 96 ** 2;
const HUGE = 1e5 ** 2;
const RANGES = {
  all: [0, HUGE],
  small: [0, SMALL],
  medium: [SMALL, MEDIUM],
  large: [MEDIUM, HUGE],
} as const satisfies Record<string, AreaRange>;
type RangeName = keyof typeof RANGES;
const MOST_DETECTIONS = 100;

/** Items of counted images and known categories, by category and image. */
type Groups<T> = Map<number, Map<number, T[]>>;

function group<T extends { category_id: number; image_id: number }>(
  items: readonly T[],
  images: ReadonlySet<number>,
): Groups<T> {
  const groups: Groups<T> = new Map();
  for (const item of items) {
    if (!images.has(item.image_id)) continue;
    const byImage = groups.get(item.category_id) ?? new Map<number, T[]>();
    groups.set(item.category_id, byImage);
    const list = byImage.get(item.image_id);
    if (list) list.push(item);
    else byImage.set(item.image_id, [item]);
  }
  return groups;
}

type Matches = Record<RangeName, ImageMatches[]>;

/** Every image of one category that has an object or a detection, matched in every area range. */
function matchCategory(
  imageIds: readonly number[],
  objects: ReadonlyMap<number, CocoAnnotation[]>,
  detections: ReadonlyMap<number, CocoDetection[]>,
): Matches {
  const matches: Matches = { all: [], small: [], medium: [], large: [] };
  for (const image of imageIds) {
    const there = objects.get(image) ?? [];
    // The sort is stable, as pycocotools' merge sort is: equal scores keep the order of the file.
    const found = (detections.get(image) ?? []).toSorted((a, b) => b.score - a.score).slice(0, MOST_DETECTIONS);
    if (there.length === 0 && found.length === 0) continue;
    const ious = iouMatrix(found, there);
    for (const name of Object.keys(RANGES) as RangeName[])
      matches[name].push(matchImage(found, there, ious, RANGES[name]));
  }
  return matches;
}

/** Mean of what could be measured; -1 where nothing could. */
function mean(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (value === -1) continue;
    sum += value;
    count++;
  }
  return count === 0 ? -1 : sum / count;
}

function* precisions(curves: readonly Curves[], threshold?: number): Generator<number> {
  for (const { precision } of curves) {
    const R = precision.length / IOU_THRESHOLDS.length;
    yield* threshold === undefined ? precision : precision.subarray(threshold * R, (threshold + 1) * R);
  }
}

function* recalls(curves: readonly Curves[]): Generator<number> {
  for (const { recall } of curves) yield* recall;
}

function checkFinite(detections: readonly CocoDetection[]): void {
  const bad = detections.findIndex(({ bbox, score }) => !bbox.every(Number.isFinite) || !Number.isFinite(score));
  if (bad < 0) return;
  const { bbox, score } = detections[bad]!;
  throw new DetectorError(
    'internal',
    `detection ${bad}`,
    `expected finite numbers, got bbox [${bbox.join(', ')}], score ${score}`,
  );
}

/** Category names as keys; a name that two categories have is followed by the id. */
function categoryKeys({ categories }: CocoDataset): Map<number, string> {
  const count = new Map<string, number>();
  for (const { name } of categories) count.set(name, (count.get(name) ?? 0) + 1);
  return new Map(categories.map(({ id, name }) => [id, count.get(name) === 1 ? name : `${name} (${id})`]));
}

/**
 * The measure over the dataset's images, or those of `imageIds`. Detections of other images and of categories that the
 * dataset does not have do not count. -1 where there is no object to measure with.
 * @throws DetectorError `internal` for a box or a score that is not finite
 */
export function evaluateDetections(
  dataset: CocoDataset,
  detections: readonly CocoDetection[],
  imageIds: readonly number[] = dataset.images.map(({ id }) => id),
): CocoNumbers & { perClassAP: Record<string, number> } {
  checkFinite(detections);
  const ids = [...new Set(imageIds)].sort((a, b) => a - b);
  const objects = group(dataset.annotations, new Set(ids));
  const found = group(detections, new Set(ids));
  const keys = categoryKeys(dataset);
  const categories = [...keys.keys()].sort((a, b) => a - b);
  const matches = categories.map((id) => matchCategory(ids, objects.get(id) ?? new Map(), found.get(id) ?? new Map()));
  const curves = (range: RangeName, most = MOST_DETECTIONS): Curves[] =>
    matches.map((of) => accumulate(of[range], most));
  const [all, small, medium, large] = [curves('all'), curves('small'), curves('medium'), curves('large')];
  return {
    AP: mean(precisions(all)),
    AP50: mean(precisions(all, 0)),
    AP75: mean(precisions(all, 5)),
    APs: mean(precisions(small)),
    APm: mean(precisions(medium)),
    APl: mean(precisions(large)),
    AR1: mean(recalls(curves('all', 1))),
    AR10: mean(recalls(curves('all', 10))),
    AR100: mean(recalls(all)),
    ARs: mean(recalls(small)),
    ARm: mean(recalls(medium)),
    ARl: mean(recalls(large)),
    perClassAP: Object.fromEntries(categories.map((id, index) => [keys.get(id)!, mean(precisions([all[index]!]))])),
  };
}
