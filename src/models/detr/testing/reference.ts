/** The reference's small DETR with its batch of two images, the second padded on the right. */
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../../data/config-file';
import { readSafetensors, type Safetensors } from '../../../data/safetensors';
import { sharedBytes } from '../../../kernels/testing/shared';
import type { Labels } from '../../../lib/set-prediction';
import { Detr } from '../model';

const FOLDER = 'reference/detr';

export interface Reference {
  model: Detr;
  source: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
  /** [2,96,128] */
  mask: tf.Tensor3D;
  labels: Labels[];
}

const json = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(await sharedBytes(`${FOLDER}/${file}`))) as Record<string, unknown>;
const read = async (file: string): Promise<Safetensors> =>
  readSafetensors(await sharedBytes(`${FOLDER}/${file}`), file);

/** @param changes to config.json */
export async function readReference(changes: Record<string, unknown> = {}): Promise<Reference> {
  const config = { ...(await json('config.json')), ...changes };
  const [source, cases] = [await read('model.safetensors'), await read('cases.safetensors')];
  const shape = cases.shape('input.pixel_values') as [number, number, number, number];
  const pixels = Float32Array.from(cases.int64('input.pixel_mask'), Number);
  return {
    model: Detr.load({
      config,
      preprocessor: await json('preprocessor_config.json'),
      classes: labelsOf(config),
      weights: source,
    }),
    source,
    cases,
    image: tf.transpose(tf.tensor4d(cases.float32('input.pixel_values'), shape), [0, 2, 3, 1]), // B,C,H,W -> B,H,W,C
    mask: tf.tensor3d(pixels, cases.shape('input.pixel_mask') as [number, number, number]),
    labels: [0, 1].map((image) => ({
      classes: Array.from(cases.int64(`labels.${image}.classes`), Number),
      boxes: cases.float32(`labels.${image}.boxes`),
    })),
  };
}
