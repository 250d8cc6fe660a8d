/** Any checkpoint of ../shared as a Detector, for tests that hold for every family. */
import { labelsOf } from '../../data/config-file';
import { readSafetensors } from '../../data/safetensors';
import { sharedBytes } from '../../kernels/testing/shared';
import type { TensorSource } from '../../lib/tensor-source';
import type { Detector } from '../../models/detector';
import { loadDetector } from '../../models/load';

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await sharedBytes(path))) as Record<string, unknown>;
}

/**
 * @param folder in ../shared, with config.json, model.safetensors and preprocessor_config.json
 * @param changed the weights in place of the file's
 */
export async function openShared(
  folder: string,
  changed = (weights: TensorSource): TensorSource => weights,
): Promise<Detector> {
  const config = await json(`${folder}/config.json`);
  return loadDetector({
    config,
    preprocessor: await json(`${folder}/preprocessor_config.json`),
    classes: labelsOf(config),
    weights: changed(readSafetensors(await sharedBytes(`${folder}/model.safetensors`), folder)),
    backbone: undefined,
  });
}
