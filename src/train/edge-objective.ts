/**
 * D-FINE's losses of the distributions of edges over a trace, where the family has them: the localisation of every layer and the
 * distillation of the last layer into those before it. As in the paper the last layer is located too, which transformers leaves out.
 *
 * K decoder layers, B images, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match } from '../lib/set-prediction';
import { decoderLayers, type Trace } from '../models/detector';
import {
  distillationShares,
  edgeDistillation,
  fineGrainedLoss,
  type EdgeAnswers,
} from '../models/set-loss/fine-grained';
import type { FineGrained, SetLossRecipe } from '../models/set-loss/recipe';
import { setTargets, type SetTargets } from '../models/set-loss/targets';
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

/** What the layers' edges are compared with. */
export interface EdgeTargets {
  /** [K] each layer's own matching, of B images; the shares [B,2] of every layer but the last. */
  layers: { targets: Pick<SetTargets, 'boxes' | 'present' | 'scale'>; shares?: tf.Tensor2D }[];
  /** [B] weight of each image in the means. */
  mean: tf.Tensor1D;
}

/** With the recipe's weights; null where some layer has no distributions. */
export function edgeLoss(trace: Trace, { layers, mean }: EdgeTargets, recipe: FineGrained): tf.Scalar | null {
  const edges = edgesOf(trace);
  if (!edges) return null;
  const teacher = { corners: edges.at(-1)!.corners, logits: decoderLayers(trace).at(-1)!.logits };
  const terms = edges.flatMap((answers, k) => {
    const { targets, shares } = layers[k]!;
    const located = tf.sum(tf.mul(fineGrainedLoss(answers, targets, recipe), mean));
    const own = tf.mul(located, recipe.fgl);
    return shares ? [own, tf.mul(edgeDistillation(answers, teacher, targets, shares, recipe), recipe.ddf)] : [own];
  });
  return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}

/** The shares of a layer's distillation [B,2], packed. @param matches [B] of the layer */
export const sharesOf = (
  labels: readonly (Labels | null)[],
  matches: readonly Match[],
  queries: number,
): Float32Array<ArrayBuffer> =>
  distillationShares(
    matches.map((pairs) => pairs.queries.length),
    labels.map((one) => one !== null),
    queries,
  );

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
  if (!fineGrained || labels.every((one) => one === null)) return null;
  const answers = decoderLayers(trace);
  const layers = answers.map(({ boxes }, k) => {
    const queries = boxes.shape[1];
    const targets = setTargets(queries, setsOf(labels, matches[k]!));
    if (k === answers.length - 1) return { targets };
    return { targets, shares: tf.tensor2d(sharesOf(labels, matches[k]!, queries), [labels.length, 2]) };
  });
  return edgeLoss(trace, { layers, mean: labelledMean(labels) }, fineGrained);
}
