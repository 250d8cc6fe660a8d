/**
 * Where new classes start: the class of the model that answers their labels best. A deviation from ../shared/design/rl.md, which
 * starts them from zero weights: with zero rows the query selection ties and chooses arbitrary places (docs/learning.md has both).
 *
 * C classes of the model, Q queries.
 */
import { overlapOf } from '../lib/box-overlap';
import { scoresOf, type SetPrediction } from '../lib/set-prediction';
import type { ImageLabels, TrainingImage } from '../lib/training';
import type { Detector } from '../models/detector';
import { eachAnswer } from './first-answers';
import type { TakeTurn } from './held-out';

/** Queries that overlap no label more than this stand for the background. */
const BACKGROUND_IOU = 0.4;

/** Sums of score rows [C] and how many they are. */
class Mean {
  private count = 0;
  private readonly sum: Float64Array;

  constructor(width: number) {
    this.sum = new Float64Array(width);
  }

  add(row: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < this.sum.length; i++) this.sum[i]! += row[i]!;
  }

  get empty(): boolean {
    return this.count === 0;
  }

  value(): Float64Array {
    return this.sum.map((total) => total / Math.max(1, this.count));
  }
}

export class Answers {
  private readonly present: Mean[];
  private readonly background: Mean;

  /** @param classes number of labelled classes @param width C */
  constructor(
    classes: number,
    private readonly width: number,
  ) {
    this.present = Array.from({ length: classes }, () => new Mean(width));
    this.background = new Mean(width);
  }

  /** What the model says where the labels of one image are, and where nothing is. */
  add(prediction: SetPrediction, labels: ImageLabels): void {
    const { queries, columns, boxes } = prediction;
    const scores = scoresOf(prediction);
    // Softmax has a column more, for "no object": no class starts from it.
    const row = (q: number): Float64Array => scores.subarray(q * columns, q * columns + this.width);
    const covered = new Float64Array(queries);
    labels.classes.forEach((label, t) => {
      let [best, at] = [-1, 0];
      for (let q = 0; q < queries; q++) {
        const { iou } = overlapOf(boxes, q, labels.boxes, t);
        covered[q] = Math.max(covered[q]!, iou);
        if (iou > best) [best, at] = [iou, q];
      }
      this.present[label]!.add(row(at));
    });
    for (let q = 0; q < queries; q++) if (!(covered[q]! >= BACKGROUND_IOU)) this.background.add(row(q));
  }

  /** For each labelled class the column whose score stands out most from background and other classes; -1 where none does. */
  rows(): number[] {
    const background = this.background.value();
    return this.present.map((own, label) => {
      if (own.empty) return -1;
      const others = this.present.filter((each, at) => at !== label && !each.empty);
      const margin = own.value().map((score, column) => {
        const elsewhere = others.reduce((sum, each) => sum + each.value()[column]!, 0) / Math.max(1, others.length);
        return score - background[column]! - elsewhere;
      });
      const best = margin.reduce((at, value, column) => (value > margin[at]! ? column : at), 0);
      return margin[best]! > 0 ? best : -1;
    });
  }
}

/**
 * @param detector with its own classes, before the run
 * @param images with labels in `classes` classes
 * @returns for each class a row of the detector's class heads, or -1
 * @throws DetectorError `image` for one that cannot be decoded
 */
export async function nearestRows(
  detector: Detector,
  images: readonly TrainingImage[],
  classes: number,
  turn: TakeTurn,
): Promise<number[]> {
  const answers = new Answers(classes, detector.classes.length);
  await eachAnswer(detector, images, turn, (prediction, labels) => answers.add(prediction, labels));
  return answers.rows();
}
