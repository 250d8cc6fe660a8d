/** The small random RT-DETRs of ../shared/reference and PyTorch's answers. */
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../../data/config-file';
import { readSafetensors, type Safetensors } from '../../../data/safetensors';
import { sharedBytes } from '../../../kernels/testing/shared';
import { RtDetr } from '../model';

export const FOLDERS = ['rt_detr_r18', 'rt_detr_r50', 'rt_detr_v2'] as const;

export interface Reference {
  model: RtDetr;
  weights: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;
}

/** @param changed settings of config.json in place of the file's */
export async function openReference(
  folder: (typeof FOLDERS)[number],
  changed: Record<string, unknown> = {},
): Promise<Reference> {
  const path = `reference/${folder}`;
  const config = { ...(await json(`${path}/config.json`)), ...changed };
  const weights = readSafetensors(await sharedBytes(`${path}/model.safetensors`), 'model.safetensors');
  const model = RtDetr.load({
    config,
    preprocessor: await json(`${path}/preprocessor_config.json`),
    classes: labelsOf(config),
    weights,
  });
  const cases = readSafetensors(await sharedBytes(`${path}/cases.safetensors`), 'cases.safetensors');
  const planes = tf.tensor4d(
    cases.float32('input.pixel_values'),
    cases.shape('input.pixel_values') as [number, number, number, number],
  );
  return { model, weights, cases, image: tf.transpose(planes, [0, 2, 3, 1]) }; // B,C,H,W -> B,H,W,C
}
