/** What a folder of ../shared holds of a model: the checkpoint, and PyTorch's answers for a few images in cases.safetensors. */
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../data/config-file';
import { readSafetensors, type Safetensors } from '../../data/safetensors';
import { sharedBytes } from '../../kernels/testing/shared';
import type { Labels } from '../../lib/set-prediction';
import type { FamilyFiles } from '../family';

/** A file of ../shared. */
export async function sharedJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;
}

/** A file of ../shared. */
export async function sharedTensors(path: string): Promise<Safetensors> {
  return readSafetensors(await sharedBytes(path), path.slice(path.lastIndexOf('/') + 1));
}

/** @param folder in ../shared @param changes to config.json */
export async function sharedCheckpoint(
  folder: string,
  changes: Record<string, unknown> = {},
): Promise<FamilyFiles & { weights: Safetensors }> {
  const config = { ...(await sharedJson(`${folder}/config.json`)), ...changes };
  return {
    config,
    preprocessor: await sharedJson(`${folder}/preprocessor_config.json`),
    classes: labelsOf(config),
    weights: await sharedTensors(`${folder}/model.safetensors`),
  };
}

export const sharedCases = (folder: string): Promise<Safetensors> => sharedTensors(`${folder}/cases.safetensors`);

/** The images of the cases [B,H,W,3]. */
export function imagesOf(cases: Safetensors, name = 'input.pixel_values'): tf.Tensor4D {
  const planes = tf.tensor4d(cases.float32(name), cases.shape(name) as [number, number, number, number]);
  return tf.transpose(planes, [0, 2, 3, 1]); // B,C,H,W -> B,H,W,C
}

/** The labels of the cases' two images. */
export const pairLabels = (cases: Safetensors): Labels[] =>
  [0, 1].map((image) => ({
    classes: Array.from(cases.int64(`labels.${image}.classes`), Number),
    boxes: cases.float32(`labels.${image}.boxes`),
  }));

/** Of two images, the second padded on the right: where their pixels are [2,H,W], and their labels. */
export function paddedPair(cases: Safetensors): { mask: tf.Tensor3D; labels: Labels[] } {
  const pixels = Float32Array.from(cases.int64('input.pixel_mask'), Number);
  const mask = tf.tensor3d(pixels, cases.shape('input.pixel_mask') as [number, number, number]);
  return { mask, labels: pairLabels(cases) };
}
