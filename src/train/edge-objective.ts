/**
 * D-FINE's losses of the distributions of edges over a trace, where the family has them: the localisation of every layer and the
 * distillation of the last layer into those before it. As in the paper the last layer is located too, which transformers leaves out.
 *
 * K decoder layers, B images, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match } from '../lib/set-prediction';
import { decoderLayers, type Trace } from '../models/detector';
import { edgeDistillation, fineGrainedLoss, type EdgeAnswers } from '../models/set-loss/fine-grained';
import type { SetLossRecipe } from '../models/set-loss/recipe';
import { setTargets } from '../models/set-loss/targets';
import { labelledMean, setsOf } from './labelled';

/** [K] what every layer says of its edges; null where some layer has no distributions. */
function edgesOf(trace: Trace): EdgeAnswers[] | null {
  const each = decoderLayers(trace).map(({ boxes }, k) => {
    const [corners, reference] = ['corners', 'reference'].map((part) => trace.extras[`layer.${k}.${part}`]);
    return corners && reference
      ? { corners: corners as tf.Tensor3D, reference: reference as tf.Tensor3D, boxes }
      : undefined;
  });
  return each.every((one) => one !== undefined) ? each : null;
}

/**
 * With the recipe's weights, mean over the labelled images. Run where its tensors are freed together (gradientsOf).
 * @param matches [K][B] of the decoder layers
 * @returns null where the family has no such losses, or nobody labelled anything
 */
export function edgeObjective(
  trace: Trace,
  labels: readonly (Labels | null)[],
  matches: readonly (readonly Match[])[],
  { fineGrained }: SetLossRecipe,
): tf.Scalar | null {
  const edges = fineGrained ? edgesOf(trace) : null;
  const counted = labels.map((one) => one !== null);
  if (!fineGrained || !edges || !counted.some(Boolean)) return null;
  const mean = labelledMean(labels);
  const teacher = { corners: edges.at(-1)!.corners, logits: decoderLayers(trace).at(-1)!.logits };
  const terms = edges.flatMap((answers, k) => {
    const targets = setTargets(answers.boxes.shape[1], setsOf(labels, matches[k]!));
    const located = tf.sum(tf.mul(fineGrainedLoss(answers, targets, fineGrained), mean));
    const own = tf.mul(located, fineGrained.fgl);
    if (k === edges.length - 1) return [own];
    return [own, tf.mul(edgeDistillation(answers, teacher, targets, counted, fineGrained), fineGrained.ddf)];
  });
  return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}
