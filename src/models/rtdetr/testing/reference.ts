/** The small random RT-DETRs of ../shared/reference and PyTorch's answers. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Safetensors } from '../../../data/safetensors';
import { imagesOf, sharedCases, sharedCheckpoint } from '../../testing/reference';
import { RtDetr } from '../model';

export const FOLDERS = ['rt_detr_r18', 'rt_detr_r50', 'rt_detr_v2'] as const;

export interface Reference {
  model: RtDetr;
  weights: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
}

/** @param changed settings of config.json in place of the file's */
export async function openReference(
  folder: (typeof FOLDERS)[number],
  changed: Record<string, unknown> = {},
): Promise<Reference> {
  const path = `reference/${folder}`;
  const files = await sharedCheckpoint(path, changed);
  const cases = await sharedCases(path);
  return { model: RtDetr.load(files), weights: files.weights, cases, image: imagesOf(cases) };
}
