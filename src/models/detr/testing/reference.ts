/** The reference's small DETR with its batch of two images, the second padded on the right. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Safetensors } from '../../../data/safetensors';
import type { Labels } from '../../../lib/set-prediction';
import { imagesOf, paddedPair, sharedCases, sharedCheckpoint } from '../../testing/reference';
import { Detr } from '../model';

const FOLDER = 'reference/detr';

export interface Reference {
  model: Detr;
  weights: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
  /** [2,96,128] */
  mask: tf.Tensor3D;
  labels: Labels[];
}

/** @param changes to config.json */
export async function readReference(changes: Record<string, unknown> = {}): Promise<Reference> {
  const files = await sharedCheckpoint(FOLDER, changes);
  const cases = await sharedCases(FOLDER);
  return { model: Detr.load(files), weights: files.weights, cases, image: imagesOf(cases), ...paddedPair(cases) };
}
