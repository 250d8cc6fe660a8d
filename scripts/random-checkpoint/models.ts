/**
 * Published models at their full size, with random weights. Compiled by Vite (write.ts loads it), since the models' rules stand over
 * kernels whose WGSL are files.
 */
import { writeSafetensors, type TensorData } from '../../src/data/safetensors';
import { between, seededRandom } from '../../src/lib/random';
import { readDetrConfig } from '../../src/models/detr/config';
import { BACKBONE, detrRules } from '../../src/models/detr/parameters';
import { readRtDetrConfig } from '../../src/models/rtdetr/config';
import { rtDetrRules } from '../../src/models/rtdetr/parameters';
import type { ParameterRule } from '../../src/nn/parameters';
import { resNetRules } from '../../src/nn/resnet/rules';

type Json = Record<string, unknown>;

interface Full {
  config: Json;
  preprocessor: Json;
  rules(): ParameterRule[];
}

const COCO = 80;
/** DETR counts COCO's category ids, with gaps, from 0. */
const COCO_IDS = 91;

const names = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, id) => [String(id), `class ${id}`]));

/** PekingU/rtdetr_r18vd. */
const RT_DETR: Json = {
  model_type: 'rt_detr',
  backbone_config: {
    model_type: 'rt_detr_resnet',
    embedding_size: 64,
    hidden_sizes: [64, 128, 256, 512],
    depths: [2, 2, 2, 2],
    layer_type: 'basic',
    out_features: ['stage2', 'stage3', 'stage4'],
  },
  encoder_hidden_dim: 256,
  encoder_in_channels: [128, 256, 512],
  encoder_layers: 1,
  encoder_ffn_dim: 1024,
  encoder_attention_heads: 8,
  encode_proj_layers: [2],
  hidden_expansion: 0.5,
  d_model: 256,
  num_queries: 300,
  decoder_in_channels: [256, 256, 256],
  decoder_ffn_dim: 1024,
  decoder_layers: 3,
  decoder_attention_heads: 8,
  decoder_n_points: 4,
  num_denoising: 100,
  id2label: names(COCO),
};
/** facebook/detr-resnet-50. */
const DETR: Json = {
  model_type: 'detr',
  backbone: 'resnet50',
  use_timm_backbone: true,
  dilation: false,
  d_model: 256,
  encoder_layers: 6,
  decoder_layers: 6,
  encoder_attention_heads: 8,
  decoder_attention_heads: 8,
  encoder_ffn_dim: 2048,
  decoder_ffn_dim: 2048,
  num_queries: 100,
  id2label: names(COCO_IDS),
};
const RESNET_50 = {
  naming: 'timm',
  prefix: BACKBONE,
  block: 'bottleneck',
  stemWidth: 64,
  widths: [256, 512, 1024, 2048],
  depths: [3, 4, 6, 3],
  out: [3],
} as const;
const IMAGENET = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };

const FULL: Readonly<Record<string, Full>> = {
  rtdetr_r18vd: {
    config: RT_DETR,
    preprocessor: { size: { height: 640, width: 640 }, do_normalize: false, do_pad: false },
    rules: () => rtDetrRules(readRtDetrConfig(RT_DETR, COCO)),
  },
  'detr-resnet-50': {
    config: DETR,
    preprocessor: { size: { shortest_edge: 800, longest_edge: 1333 }, do_normalize: true, ...IMAGENET },
    rules: () => [...resNetRules(RESNET_50), ...detrRules(readDetrConfig(DETR, COCO_IDS), RESNET_50.widths[3])],
  },
};

/** Norms that change nothing, biases 0, weights that keep the size of what goes through (He et al., arXiv 1502.01852). */
function numbersOf(name: string, shape: readonly number[], seed: number): Float32Array<ArrayBuffer> {
  const length = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(length).fill(/(weight|running_var)$/.test(name) ? 1 : 0);
  const bound = Math.sqrt(3 / (length / shape[0]!));
  const random = seededRandom(seed, name);
  return Float32Array.from({ length }, () => between(random, -bound, bound));
}

/**
 * A checkpoint's files by name.
 * @param seed the same seed gives the same weights
 * @throws Error for a name that is not here
 */
export function randomCheckpoint(name: string, seed: number): Map<string, string | Uint8Array<ArrayBuffer>> {
  const full = FULL[name];
  if (!full) throw new Error(`expected one of ${Object.keys(FULL).join(', ')}, got ${name}`);
  const tensors = new Map<string, TensorData>();
  for (const { tensor, shape } of full.rules().flatMap((rule) => rule.parts))
    if (!tensor.startsWith('policy.'))
      tensors.set(tensor, { dtype: 'F32', shape, data: numbersOf(tensor, shape, seed) });
  return new Map<string, string | Uint8Array<ArrayBuffer>>([
    ['config.json', JSON.stringify(full.config, null, 1)],
    ['preprocessor_config.json', JSON.stringify(full.preprocessor, null, 1)],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
}
