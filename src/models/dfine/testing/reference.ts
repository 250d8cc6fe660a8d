/** The small random D-FINE of ../shared/reference and PyTorch's answers. */
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../../data/config-file';
import { readSafetensors, type Safetensors } from '../../../data/safetensors';
import { sharedBytes } from '../../../kernels/testing/shared';
import type { TensorSource } from '../../../lib/tensor-source';
import { DFine } from '../model';

const FOLDER = 'reference/d_fine';

export interface Reference {
  model: DFine;
  weights: TensorSource;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;
}

/** @param changed the weights in place of the file's */
export async function openReference(changed = (weights: TensorSource): TensorSource => weights): Promise<Reference> {
  const config = await json(`${FOLDER}/config.json`);
  const weights = changed(readSafetensors(await sharedBytes(`${FOLDER}/model.safetensors`), 'model.safetensors'));
  const model = DFine.load({
    config,
    preprocessor: await json(`${FOLDER}/preprocessor_config.json`),
    classes: labelsOf(config),
    weights,
  });
  const cases = readSafetensors(await sharedBytes(`${FOLDER}/cases.safetensors`), 'cases.safetensors');
  const planes = tf.tensor4d(
    cases.float32('input.pixel_values'),
    cases.shape('input.pixel_values') as [number, number, number, number],
  );
  return { model, weights, cases, image: tf.transpose(planes, [0, 2, 3, 1]) }; // B,C,H,W -> B,H,W,C
}
