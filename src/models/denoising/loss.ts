/**
 * The denoising loss: the decoder's layers are to find labels again from noisy copies of them.
 *
 * Deviations from DINO and RT-DETR. The copies go through the decoder as rows of their own instead of beside the matching
 * queries behind an attention mask: groups and matching queries do not see each other either way, but here a copy does not see the matching
 * queries. There is no class embedding in StepDETR, and DEIMv2's published files lack it: there, what a copy claims to be enters as
 * the row of the query selection's class head, at the mean size of the memory's tokens, without gradient. A class that is new has a row
 * of zeros, so its copies claim nothing until the head has learnt. Where the family has an embedding, that is learnt with the rest.
 *
 * B images, R rows, N queries of a row, K decoder layers, C classes, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../../kernels/matmul/op';
import { untraced } from '../../kernels/untraced';
import type { Random } from '../../lib/random';
import type { Labels } from '../../lib/set-prediction';
import type { Detector, Memory } from '../detector';
import { setLoss } from '../set-loss/set-loss';
import { setTargets } from '../set-loss/targets';
import { noisyLabels, type NoisyLabels } from './noisy-labels';

/** Keeps a row of zeros one. */
const EPSILON = 1e-12;

const meanSquare = (x: tf.Tensor, axis?: number): tf.Tensor => tf.mean(tf.square(x), axis, axis !== undefined);

/** [R,N,D] rows of the family's own embedding [C+1,D], with its gradient. */
function embedded(embedding: tf.Tensor2D, { rows, queries, classes }: NoisyLabels): tf.Tensor3D {
  const [known, width] = embedding.shape;
  const chosen = tf.oneHot(tf.tensor1d(classes, 'int32'), known, 1, 0, 'float32') as tf.Tensor2D;
  return tf.reshape(matMul(chosen, embedding), [rows, queries, width]);
}

/** [R,N,D] what the queries claim to be. */
function contentOf(detector: Detector, memory: Memory, noisy: NoisyLabels): tf.Tensor3D {
  if (detector.denoisingClasses !== undefined)
    return embedded(detector.parameters.get<tf.Rank.R2>(detector.denoisingClasses), noisy);
  const { rows, queries, classes } = noisy;
  return untraced(() => {
    const weight = tf.transpose(detector.parameters.get<tf.Rank.R2>(detector.classHeads[0]!.weight)); // C,D
    const directions = tf.div(weight, tf.sqrt(tf.add(meanSquare(weight, 1), EPSILON)));
    const sized = tf.mul(directions, tf.sqrt(meanSquare(memory.tokens)));
    return tf.reshape(tf.gather(sized, tf.tensor1d(classes, 'int32')), [rows, queries, weight.shape[1]]);
  });
}

/**
 * Sum over the decoder's layers of class and box loss, mean over labelled images and copies. Run where its tensors are freed together.
 * @param labels of each image of the memory; null: nobody has labelled it
 * @param options copies of every label, at least 1, and where their noise comes from
 * @returns null when no image has a label
 */
export function denoisingLoss(
  detector: Detector,
  memory: Memory,
  labels: readonly (Labels | null)[],
  { copies, random }: { copies: number; random: Random },
): tf.Scalar | null {
  const noisy = noisyLabels(labels, { copies, classes: detector.classes.length, random });
  if (!noisy) return null;
  const { rows, queries } = noisy;
  const boxes = tf.tensor3d(noisy.boxes, [rows, queries, 4]);
  const layers = detector.decodeFrom(memory, { hidden: contentOf(detector, memory, noisy), boxes });
  const targets = setTargets(
    queries,
    layers.flatMap(() => noisy.sets),
  );
  const stacked = (pick: 'logits' | 'boxes'): tf.Tensor3D => tf.concat(layers.map((layer) => layer[pick])); // K R,N,.
  const each = setLoss(stacked('logits'), stacked('boxes'), targets, detector.setLoss);
  const weights = tf.tensor1d(layers.flatMap(() => [...noisy.weights]));
  return tf.sum(tf.mul(tf.add(each.classes, each.boxes), weights)) as tf.Scalar;
}
