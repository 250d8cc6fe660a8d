/**
 * What the queries of all sets are compared with: dense over the queries, with zeros where a query stands for nothing, so that the
 * loss needs no gather, no scatter and no read-back.
 *
 * S sets (a layer of an image each, layer by layer), Q queries, T labels of a set.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import type { Labels, Match } from '../../lib/set-prediction';

/** A box of its own for queries that stand for nothing: its loss has weight 0, and its gradient must be finite. */
const NOWHERE = [0.5, 0.5, 1, 1];

/** Constants; dispose them with `disposeTargets`. */
export interface SetTargets {
  /** [S,Q] int32 class columns, -1 for none. */
  classes: tf.Tensor2D;
  /** [S,Q,4] */
  boxes: tf.Tensor3D;
  /** [S,Q] 1 where the query stands for a label, else 0. */
  present: tf.Tensor2D;
  /** [S] one over the number of labels that a set's loss is divided by. */
  scale: tf.Tensor1D;
  /** [S] queries that stand for a label. */
  matched: readonly number[];
  /** Sets that are normalised together: 1, or the images of a batch. */
  together: number;
}

export interface TargetOptions {
  /**
   * 'image': each set is divided by its own number of labels, at least 1 (../shared/design/rl.md). 'batch': by that of its whole
   * batch, so that a layer's sum over the images is the published training loss.
   */
  scale?: 'image' | 'batch';
  /** With 'batch': how many layers the sets are of. Default 1: all sets are one batch. */
  layers?: number;
}

/** The sums of every `together` numbers in a row, each as often. */
export function sumsTogether(values: readonly number[], together: number): number[] {
  return values.map((_, at) => {
    const start = at - (at % together);
    return values.slice(start, start + together).reduce((a, b) => a + b);
  });
}

/** The numbers of `SetTargets`, packed. */
export interface TargetNumbers extends Pick<SetTargets, 'matched' | 'together'> {
  classes: Int32Array<ArrayBuffer>;
  boxes: Float32Array<ArrayBuffer>;
  present: Float32Array<ArrayBuffer>;
  scale: Float32Array<ArrayBuffer>;
}

/**
 * What a batch of sets is compared with.
 * @param queries Q
 * @param sets labels and pairs of each set; pairs from `match`, or made by construction (denoising queries)
 * @throws DetectorError `internal` when a pair points outside, or the sets are not as many for every layer
 */
export function targetNumbers(
  queries: number,
  sets: readonly { labels: Labels; match: Match }[],
  { scale = 'image', layers = 1 }: TargetOptions = {},
): TargetNumbers {
  const classes = new Int32Array(sets.length * queries).fill(-1);
  const boxes = Float32Array.from({ length: sets.length * queries * 4 }, (_, i) => NOWHERE[i % 4]!);
  const present = new Float32Array(sets.length * queries);
  sets.forEach(({ labels, match }, set) => {
    match.queries.forEach((query, pair) => {
      const label = match.labels[pair] ?? -1;
      const fits = query >= 0 && query < queries && label >= 0 && label < labels.classes.length;
      expectThat(
        'setLoss',
        fits,
        `expected a query below ${queries} and a label below ${labels.classes.length}, got ${query} and ${label} in set ${set}`,
      );
      const at = set * queries + query;
      classes[at] = labels.classes[label]!;
      present[at] = 1;
      boxes.set(labels.boxes.subarray(label * 4, label * 4 + 4), at * 4);
    });
  });
  const together = scale === 'image' ? 1 : sets.length / layers;
  expectThat('setLoss', Number.isInteger(together), `expected sets of ${layers} layers, got ${sets.length} sets`);
  const labelled = sumsTogether(
    sets.map(({ labels }) => labels.classes.length),
    together,
  );
  return {
    classes,
    boxes,
    present,
    scale: Float32Array.from(labelled, (count) => 1 / Math.max(1, count)),
    matched: sets.map(({ match }) => match.queries.length),
    together,
  };
}

/** Uploads what a batch of sets is compared with: as `targetNumbers`. */
export function setTargets(
  queries: number,
  sets: readonly { labels: Labels; match: Match }[],
  options: TargetOptions = {},
): SetTargets {
  const { classes, boxes, present, scale, matched, together } = targetNumbers(queries, sets, options);
  return {
    classes: tf.tensor2d(classes, [sets.length, queries], 'int32'),
    boxes: tf.tensor3d(boxes, [sets.length, queries, 4]),
    present: tf.tensor2d(present, [sets.length, queries]),
    scale: tf.tensor1d(scale),
    matched,
    together,
  };
}

export function disposeTargets(targets: SetTargets): void {
  tf.dispose([targets.classes, targets.boxes, targets.present, targets.scale]);
}
