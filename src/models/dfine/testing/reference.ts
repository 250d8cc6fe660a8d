/** The small random D-FINE of ../shared/reference and PyTorch's answers. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Safetensors } from '../../../data/safetensors';
import type { TensorSource } from '../../../lib/tensor-source';
import { imagesOf, sharedCases, sharedCheckpoint } from '../../testing/reference';
import { DFine } from '../model';

const FOLDER = 'reference/d_fine';

export interface Reference {
  model: DFine;
  weights: TensorSource;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
}

/** @param changed the weights in place of the file's */
export async function openReference(changed = (weights: TensorSource): TensorSource => weights): Promise<Reference> {
  const files = await sharedCheckpoint(FOLDER);
  const weights = changed(files.weights);
  const cases = await sharedCases(FOLDER);
  return { model: DFine.load({ ...files, weights }), weights, cases, image: imagesOf(cases) };
}
