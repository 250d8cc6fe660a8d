/** A small Deformable DETR of the reference with its batch of two images, the second padded on the right. */
import * as tf from '@tensorflow/tfjs-core';
import { labelsOf } from '../../../data/config-file';
import { readSafetensors, type Safetensors } from '../../../data/safetensors';
import { sharedBytes } from '../../../kernels/testing/shared';
import type { Labels } from '../../../lib/set-prediction';
import type { TensorSource } from '../../../lib/tensor-source';
import { tensorSource, type PlainTensor } from '../../tensors';
import { DeformableDetr } from '../model';

export const KINDS = ['deformable_detr', 'deformable_detr_refine', 'deformable_detr_two_stage'] as const;
export type Kind = (typeof KINDS)[number];

export interface Reference {
  model: DeformableDetr;
  config: Record<string, unknown>;
  source: Safetensors;
  cases: Safetensors;
  /** [2,96,128,3] */
  image: tf.Tensor4D;
  /** [2,96,128] */
  mask: tf.Tensor3D;
  labels: Labels[];
}

export async function readReference(kind: Kind): Promise<Reference> {
  const bytes = (file: string): Promise<ArrayBuffer> => sharedBytes(`reference/${kind}/${file}`);
  const json = async (file: string): Promise<Record<string, unknown>> =>
    JSON.parse(new TextDecoder().decode(await bytes(file))) as Record<string, unknown>;
  const read = async (file: string): Promise<Safetensors> => readSafetensors(await bytes(file), file);
  const config = await json('config.json');
  const [source, cases] = [await read('model.safetensors'), await read('cases.safetensors')];
  const shape = cases.shape('input.pixel_values') as [number, number, number, number];
  const pixels = Float32Array.from(cases.int64('input.pixel_mask'), Number);
  return {
    model: DeformableDetr.load({
      config,
      preprocessor: await json('preprocessor_config.json'),
      classes: labelsOf(config),
      weights: source,
    }),
    config,
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
  const { model, source, config, image, mask } = await readReference('deformable_detr');
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
