/** The small StepDETR over patches of ../shared/reference, and PyTorch's answers. */
import type * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../../data/config-file';
import type { Safetensors } from '../../../data/safetensors';
import { imagesOf, sharedCases, sharedJson, sharedTensors } from '../../testing/reference';
import { StepDetr } from '../model';

const FOLDER = 'reference/stepdetr_p16';

export interface Patches {
  model: StepDetr;
  cases: Safetensors;
  /** [2,128,128,3] */
  image: tf.Tensor4D;
}

export async function openPatches(): Promise<Patches> {
  const config = await sharedJson(`${FOLDER}/config.json`);
  const weights = await sharedTensors(`${FOLDER}/model.safetensors`);
  const classes = labelsOf(config);
  const model = StepDetr.load({ config, preprocessor: undefined, classes, weights, backbone: undefined });
  const cases = await sharedCases(FOLDER);
  return { model, cases, image: imagesOf(cases, 'input.image') };
}
