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
 * @param side of the square image, in place of the checkpoint's; for DEIMv2, whose settings fix it
 */
export async function openShared(
  folder: string,
  changed = (weights: TensorSource): TensorSource => weights,
  side?: number,
): Promise<Detector> {
  const own = await json(`${folder}/config.json`);
  const shown = await json(`${folder}/preprocessor_config.json`);
  const config = side === undefined ? own : { ...own, eval_spatial_size: [side, side] };
  return loadDetector({
    config,
    preprocessor: side === undefined ? shown : { ...shown, size: { height: side, width: side } },
    classes: labelsOf(config),
    weights: changed(readSafetensors(await sharedBytes(`${folder}/model.safetensors`), folder)),
    backbone: undefined,
  });
}
