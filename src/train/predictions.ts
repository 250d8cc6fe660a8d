/**
 * From a layer's tensors to plain predictions: one read-back for all layers.
 *
 * S layers, R rows (images, or rollouts of images), Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../kernels/untraced';
import type { Scoring, SetPrediction } from '../lib/set-prediction';

export interface Predicted {
  /** [R,Q,C] */
  logits: tf.Tensor3D;
  /** [R,Q,4] */
  boxes: tf.Tensor3D;
}

/** Some prediction is infinite or not a number: nothing can be matched, and the step cannot be applied. */
export class NotFinite extends Error {
  constructor() {
    super('the predictions are not finite');
  }
}

/**
 * Everything as [S][R] plain predictions. Waits for the GPU; leaves no tensor.
 * @throws NotFinite
 */
export async function readPredictions(layers: readonly Predicted[], scoring: Scoring): Promise<SetPrediction[][]> {
  const packed = packPredictions(layers);
  const values = (await packed.data()) as Float32Array;
  packed.dispose();
  return unpackPredictions(values, layers, scoring);
}

/** All layers' logits and boxes as one tensor [S R,Q,C+4], untraced; the caller's. */
export function packPredictions(layers: readonly Predicted[]): tf.Tensor3D {
  return untraced(() =>
    tf.tidy(() => {
      const each = layers.map(({ logits, boxes }) => tf.concat([logits, boxes], 2) as tf.Tensor3D);
      return each.length === 1 ? each[0]! : tf.concat(each, 0);
    }),
  );
}

/**
 * @param values of `packPredictions(layers)`
 * @param layers whose shapes alone are read
 * @returns [S][R]
 * @throws NotFinite
 */
export function unpackPredictions(
  values: Float32Array,
  layers: readonly { logits: Pick<tf.Tensor3D, 'shape'> }[],
  scoring: Scoring,
): SetPrediction[][] {
  const [rows, queries, columns] = layers[0]!.logits.shape;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) throw new NotFinite();
  const width = columns + 4;
  const one = (row: number): SetPrediction => {
    const prediction: SetPrediction = {
      queries,
      columns,
      scoring,
      logits: new Float32Array(queries * columns),
      boxes: new Float32Array(queries * 4),
    };
    for (let q = 0; q < queries; q++) {
      const at = (row * queries + q) * width;
      prediction.logits.set(values.subarray(at, at + columns), q * columns);
      prediction.boxes.set(values.subarray(at + columns, at + width), q * 4);
    }
    return prediction;
  };
  return layers.map((_, layer) => Array.from({ length: rows }, (__, row) => one(layer * rows + row)));
}
