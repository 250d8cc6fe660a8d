/** A small Deformable DETR of the reference with its batch of two images, the second padded on the right. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Safetensors } from '../../../data/safetensors';
import type { Labels } from '../../../lib/set-prediction';
import type { TensorSource } from '../../../lib/tensor-source';
import { tensorSource, type PlainTensor } from '../../tensors';
import { imagesOf, paddedPair, sharedCases, sharedCheckpoint } from '../../testing/reference';
import { DeformableDetr } from '../model';

export const KINDS = ['deformable_detr', 'deformable_detr_refine', 'deformable_detr_two_stage'] as const;
export type Kind = (typeof KINDS)[number];

export interface Reference {
  model: DeformableDetr;
  config: Record<string, unknown>;
  weights: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
  /** [2,96,128] */
  mask: tf.Tensor3D;
  labels: Labels[];
}

export async function readReference(kind: Kind): Promise<Reference> {
  const folder = `reference/${kind}`;
  const files = await sharedCheckpoint(folder);
  const cases = await sharedCases(folder);
  const { config, weights } = files;
  return { model: DeformableDetr.load(files), config, weights, cases, image: imagesOf(cases), ...paddedPair(cases) };
}

/** Rows of the reference's tensors that a model of one level has, by what their names end in; 4 heads of 4 points. */
const ROWS: readonly [RegExp, number][] = [
  [/sampling_offsets\.(weight|bias)$/, 32],
  [/attention_weights\.(weight|bias)$/, 16],
  [/level_embed$/, 1],
];
const PROJECTION = /^model\.input_proj\.(\d)\./;
/** The projection of the backbone's last stage. */
const LAST = '2';

/** The first reference as a checkpoint of one level, that of the backbone's last stage. @param changes to config.json */
export async function singleScale(changes: Record<string, unknown>): Promise<{
  config: Record<string, unknown>;
  classes: readonly string[];
  weights: TensorSource;
  image: tf.Tensor4D;
  mask: tf.Tensor3D;
}> {
  const { model, weights: source, config, image, mask } = await readReference('deformable_detr');
  const tensors = new Map<string, PlainTensor>();
  for (const name of source.names) {
    const projection = PROJECTION.exec(name);
    if (projection && projection[1] !== LAST) continue;
    const [rows = 1, ...rest] = source.shape(name);
    const kept = ROWS.find(([pattern]) => pattern.test(name))?.[1] ?? rows;
    const size = rest.reduce((a, b) => a * b, kept);
    const data = Float32Array.from(source.float32(name).subarray(0, size));
    tensors.set(name.replace(PROJECTION, 'model.input_proj.0.'), { shape: [kept, ...rest], data });
  }
  model.dispose();
  const backbone = { ...(config['backbone_config'] as object), out_indices: [4] };
  return {
    config: { ...config, backbone_config: backbone, num_feature_levels: 1, ...changes },
    classes: model.classes,
    weights: tensorSource('single-scale.safetensors', tensors),
    image,
    mask,
  };
}
