/** Images of a batch that somebody has labelled, and the others, which say nothing about what is not there. B images. */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels, Match } from '../lib/set-prediction';

const NO_LABELS: Labels = { classes: [], boxes: new Float32Array(0) };
/** Of an image without labels. */
export const NO_PAIRS: Match = { queries: new Int32Array(0), labels: new Int32Array(0) };

/** Nothing for images that nobody has labelled. */
export const knownLabels = (labels: readonly (Labels | null)[]): Labels[] => labels.map((one) => one ?? NO_LABELS);

/** What each image of a layer is compared with. */
export function setsOf(
  labels: readonly (Labels | null)[],
  matches: readonly Match[],
): { labels: Labels; match: Match }[] {
  return knownLabels(labels).map((own, image) => ({ labels: own, match: matches[image]! }));
}

/** [B] weights of the mean over the labelled images; zeros where there is none. */
export function labelledWeights(labels: readonly (Labels | null)[]): Float32Array<ArrayBuffer> {
  const labelled = Math.max(1, labels.filter((one) => one !== null).length);
  return Float32Array.from(labels, (one) => (one ? 1 / labelled : 0));
}

/** `labelledWeights` as a tensor. */
export const labelledMean = (labels: readonly (Labels | null)[]): tf.Tensor1D => tf.tensor1d(labelledWeights(labels));
