/**
 * Labels against detections, image by image: who found what. The matching is greedy, best score first, across classes, as
 * Ultralytics' and torchvision's confusion matrices do it; the COCO measure (src/data/coco-eval) matches class by class.
 *
 * C classes; background has index C.
 */
import { overlapOf } from './box-overlap';
import { unitBoxAt, type UnitCxcywh } from './boxes';
import { countAbove } from './layers';
import type { ImageLabels } from './training';
import type { ImageDetections } from './types';

export interface LabelledDetections {
  /** Image id. */
  id: string;
  detections: ImageDetections;
  labels: ImageLabels;
}

/** A label, a detection, or both where they overlap enough. */
export interface Pairing {
  image: string;
  /** Null: nothing is labelled there. */
  truth: { class: number; box: UnitCxcywh } | null;
  /** Null: the label was missed. */
  found: { class: number; box: UnitCxcywh; score: number; query: number } | null;
  /** Of the two; 0 where there is only one. */
  iou: number;
}

export interface ConfusionOptions {
  /** Index into the layers, 0 = query selection. */
  layer: number;
  /** Lowest score that counts. */
  threshold: number;
  /** Lowest IoU that pairs a detection with a label. */
  iou?: number;
}

/** Each detection's class is its query's best one. */
function listed(detections: ImageDetections, { layer, threshold }: ConfusionOptions): NonNullable<Pairing['found']>[] {
  const result = detections.layers[layer];
  if (!result) return [];
  const seen = new Set<number>();
  const found: NonNullable<Pairing['found']>[] = [];
  for (let k = 0; k < countAbove(result, threshold); k++) {
    const query = result.query[k]!;
    if (seen.has(query)) continue;
    seen.add(query);
    found.push({ class: result.label[k]!, score: result.score[k]!, query, box: unitBoxAt(result.boxes, query) });
  }
  return found;
}

function pairingsOf({ id, detections, labels }: LabelledDetections, options: ConfusionOptions): Pairing[] {
  const least = options.iou ?? 0.5;
  const free = new Set(labels.classes.keys());
  const truthAt = (index: number): Pairing['truth'] => ({
    class: labels.classes[index]!,
    box: unitBoxAt(labels.boxes, index),
  });
  const pairings = listed(detections, options).map((found): Pairing => {
    let [best, bestIou] = [-1, 0];
    for (const index of free) {
      const { iou } = overlapOf(found.box, 0, labels.boxes, index);
      if (iou >= least && iou > bestIou) [best, bestIou] = [index, iou];
    }
    free.delete(best);
    return { image: id, truth: best < 0 ? null : truthAt(best), found, iou: bestIou };
  });
  const missed = [...free].map((index): Pairing => ({ image: id, truth: truthAt(index), found: null, iou: 0 }));
  return [...pairings, ...missed];
}

/** Everything that was labelled or found, in the images' order, best score first. */
export function allPairings(images: readonly LabelledDetections[], options: ConfusionOptions): Pairing[] {
  return images.flatMap((image) => pairingsOf(image, options));
}

/** Row and column of a pairing: [true class, found class], C for background. */
export function cellOf({ truth, found }: Pairing, classes: number): [number, number] {
  return [truth?.class ?? classes, found?.class ?? classes];
}

/** [C+1][C+1] counts: rows are true classes, columns found ones, background last. */
export function confusionMatrix(pairings: readonly Pairing[], classes: number): number[][] {
  const matrix = Array.from({ length: classes + 1 }, () => new Array<number>(classes + 1).fill(0));
  for (const pairing of pairings) {
    const [row, column] = cellOf(pairing, classes);
    const cells = matrix[row];
    if (cells && column <= classes) cells[column] = cells[column]! + 1;
  }
  return matrix;
}
