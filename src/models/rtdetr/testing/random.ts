/** Full-size RT-DETRs that have learned nothing: the hub's settings, weights from a seed. For sizes and times. */
import { between, seededRandom } from '../../../lib/random';
import type { TensorSource } from '../../../lib/tensor-source';
import { tensorSource, type PlainTensor } from '../../tensors';
import { readRtDetrConfig } from '../config';
import { rtDetrRules } from '../parameters';

const CLASSES = Array.from({ length: 80 }, (_, id) => `class ${id}`);

/** config.json of PekingU/rtdetr_r18vd. */
export const R18 = {
  model_type: 'rt_detr',
  backbone_config: {
    model_type: 'rt_detr_resnet',
    embedding_size: 64,
    hidden_sizes: [64, 128, 256, 512],
    depths: [2, 2, 2, 2],
    layer_type: 'basic',
    out_indices: [2, 3, 4],
  },
  encoder_hidden_dim: 256,
  encoder_in_channels: [128, 256, 512],
  encoder_ffn_dim: 1024,
  encoder_attention_heads: 8,
  encoder_layers: 1,
  encode_proj_layers: [2],
  hidden_expansion: 0.5,
  d_model: 256,
  num_queries: 300,
  decoder_in_channels: [256, 256, 256],
  decoder_ffn_dim: 1024,
  decoder_n_points: 4,
  decoder_layers: 3,
  decoder_attention_heads: 8,
  num_denoising: 100,
};

/** config.json of PekingU/rtdetr_r101vd. */
export const R101 = {
  ...R18,
  backbone_config: {
    ...R18.backbone_config,
    hidden_sizes: [256, 512, 1024, 2048],
    depths: [3, 4, 23, 3],
    layer_type: 'bottleneck',
  },
  encoder_hidden_dim: 384,
  encoder_in_channels: [512, 1024, 2048],
  encoder_ffn_dim: 2048,
  hidden_expansion: 1,
  decoder_in_channels: [384, 384, 384],
  decoder_layers: 6,
};

/** The checkpoint's tensors and their shapes, the policy's left out. */
export function tensorShapes(settings: Record<string, unknown>): Map<string, readonly number[]> {
  const rules = rtDetrRules(readRtDetrConfig(settings, CLASSES.length)).filter(({ group }) => group !== 'policy');
  return new Map(rules.flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape] as const)));
}

/** Norms as they start, weights even within sqrt(3 / inputs): activations stay of order one. */
function randomTensor(name: string, shape: readonly number[], seed: number): PlainTensor {
  const length = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return { shape, data: new Float32Array(length).fill(/(weight|var)$/.test(name) ? 1 : 0) };
  const bound = Math.sqrt((3 * shape[0]!) / length);
  const random = seededRandom(seed, name);
  return { shape, data: Float32Array.from({ length }, () => between(random, -bound, bound)) };
}

/** Files that `RtDetr.load` takes. @param settings config.json without classes, as `R18` */
export function randomFiles(
  settings: Record<string, unknown>,
  seed: number,
): { config: Record<string, unknown>; preprocessor: undefined; classes: string[]; weights: TensorSource } {
  const tensors = [...tensorShapes(settings)].map(([name, shape]) => [name, randomTensor(name, shape, seed)] as const);
  return {
    config: { ...settings, id2label: Object.fromEntries(CLASSES.map((name, id) => [String(id), name])) },
    preprocessor: undefined,
    classes: [...CLASSES],
    weights: tensorSource('model.safetensors', new Map(tensors)),
  };
}
