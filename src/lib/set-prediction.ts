/**
 * What a set of queries says of an image, and what is labelled there: plain arrays that matching, rewards and losses share.
 *
 * Q queries, C class columns, T labels, M matched pairs.
 */
import { DetectorError } from './errors';

/**
 * How logits become scores. 'sigmoid': every column on its own (all families with the focal loss). 'softmax': over all
 * columns, of which the last means "no object" (DETR).
 */
export type Scoring = 'sigmoid' | 'softmax';

export interface SetPrediction {
  /** Q */
  queries: number;
  /** C */
  columns: number;
  scoring: Scoring;
  /** [Q,C] packed, before the sigmoid or softmax. */
  logits: Float32Array;
  /** [Q,4] packed, cxcywh as fractions of the image. */
  boxes: Float32Array;
}

export interface Labels {
  /** [T] class columns. */
  classes: ArrayLike<number>;
  /** [T,4] packed, cxcywh as fractions of the image. */
  boxes: Float32Array;
}

/** Which query stands for which label: M = min(Q, T) pairs, queries ascending. */
export interface Match {
  queries: Int32Array;
  labels: Int32Array;
}

/** Columns that name an object. */
export function objectColumns({ columns, scoring }: Pick<SetPrediction, 'columns' | 'scoring'>): number {
  return scoring === 'softmax' ? columns - 1 : columns;
}

/** @throws DetectorError `internal` when an array has the wrong length or a label names no class */
export function expectSet(operation: string, prediction: SetPrediction, labels: Labels): void {
  const { queries, columns, logits, boxes } = prediction;
  const count = labels.classes.length;
  const expected = [
    ['logits', logits.length, queries * columns],
    ['boxes', boxes.length, queries * 4],
    ['label boxes', labels.boxes.length, count * 4],
  ] as const;
  for (const [name, got, wanted] of expected)
    if (got !== wanted)
      throw new DetectorError('internal', operation, `expected ${wanted} numbers in ${name}, got ${got}`);
  const classes = objectColumns(prediction);
  for (let t = 0; t < count; t++) {
    const label = labels.classes[t]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new DetectorError('internal', operation, `expected class 0..${classes - 1} of label ${t}, got ${label}`);
  }
}

/** Scores [Q,C] of a prediction, 0..1. */
export function scoresOf({ queries, columns, scoring, logits }: SetPrediction): Float64Array {
  if (scoring === 'sigmoid') return Float64Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
  const out = new Float64Array(logits.length);
  for (let q = 0; q < queries; q++) {
    const row = logits.subarray(q * columns, (q + 1) * columns);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    row.forEach((x, c) => (sum += out[q * columns + c] = Math.exp(x - most)));
    for (let c = 0; c < columns; c++) out[q * columns + c]! /= sum;
  }
  return out;
}
