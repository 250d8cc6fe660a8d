/** D-FINE's config.json: the hub's sizes, and what is refused by name. */
import { describe, expect, test } from 'vitest';
import { readDFineConfig } from './config';
import { dFineRules } from './parameters';

/** What matters of ustc-community/dfine-small-coco's file. */
const SMALL = {
  model_type: 'd_fine',
  backbone_config: {
    model_type: 'hgnet_v2',
    hidden_act: 'relu',
    stem_channels: [3, 16, 16],
    stem_strides: [2, 1, 1, 2, 1],
    stage_in_channels: [16, 64, 256, 512],
    stage_mid_channels: [16, 32, 64, 128],
    stage_out_channels: [64, 256, 512, 1024],
    stage_num_blocks: [1, 1, 2, 1],
    stage_downsample: [false, true, true, true],
    stage_downsample_strides: [2, 2, 2, 2],
    stage_light_block: [false, false, true, true],
    stage_kernel_size: [3, 3, 5, 5],
    stage_numb_of_layers: [3, 3, 3, 3],
    use_learnable_affine_block: true,
    out_features: ['stage2', 'stage3', 'stage4'],
  },
  encoder_hidden_dim: 256,
  encoder_in_channels: [256, 512, 1024],
  encoder_layers: 1,
  encoder_ffn_dim: 1024,
  encoder_attention_heads: 8,
  encode_proj_layers: [2],
  hidden_expansion: 0.5,
  depth_mult: 0.34,
  feat_strides: [8, 16, 32],
  d_model: 256,
  decoder_in_channels: [256, 256, 256],
  decoder_ffn_dim: 1024,
  decoder_layers: 3,
  decoder_attention_heads: 8,
  decoder_n_points: [3, 6, 3],
  num_feature_levels: 3,
  num_queries: 300,
  num_denoising: 100,
  eval_idx: -1,
  layer_scale: 1,
};

const NANO = {
  ...SMALL,
  backbone_config: { ...SMALL.backbone_config, out_features: undefined, out_indices: [3, 4] },
  encoder_hidden_dim: 128,
  encoder_in_channels: [512, 1024],
  encode_proj_layers: [1],
  encoder_ffn_dim: 512,
  hidden_expansion: 0.34,
  depth_mult: 0.5,
  feat_strides: [16, 32],
  d_model: 128,
  decoder_in_channels: [128, 128],
  decoder_ffn_dim: 512,
  decoder_n_points: [6, 6],
  num_feature_levels: 2,
};

describe('D-FINE config.json', () => {
  test('small: three levels, the hub’s defaults where the file is silent', () => {
    const c = readDFineConfig(SMALL, 80);
    expect(c.strides).toEqual([8, 16, 32]);
    expect(c.backbone.out).toEqual([1, 2, 3]);
    expect(c.points).toEqual([3, 6, 3]);
    expect(c.encoder.fusion).toEqual({ width: 256, levels: 3, expansion: 0.5, bottlenecks: 1 });
    expect(c.encoder.aifi.activation).toBe('gelu');
    expect({ bins: c.bins, quality: c.quality, offsetScale: c.offsetScale, discrete: c.discrete }).toEqual({
      bins: 32,
      quality: { top: 4, width: 64, layers: 2 },
      offsetScale: 0.5,
      discrete: false,
    });
    expect(c.edgeLosses).toEqual({ fgl: 0.15, ddf: 1.5 });
    expect(readDFineConfig({ ...SMALL, decoder_n_points: 4 }, 80).points).toEqual([4, 4, 4]);
  });

  test('nano: two levels, by indices of the stages', () => {
    const c = readDFineConfig(NANO, 80);
    expect(c.strides).toEqual([16, 32]);
    expect(c.backbone.out).toEqual([2, 3]);
    expect(c.encoder.attended).toEqual([1]);
    expect(c.encoder.fusion).toEqual({ width: 128, levels: 2, expansion: 0.34, bottlenecks: 2 });
    const shapes = new Map(dFineRules(c).flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape])));
    // round(0.34 * 128 // 2) = 21
    expect(shapes.get('model.encoder.fpn_blocks.0.conv4.conv.weight')).toEqual([128, 2 * 128 + 2 * 21, 1, 1]);
    expect(shapes.get('model.decoder.layers.0.encoder_attn.attention_weights.bias')).toEqual([8 * 12]);
    expect(shapes.has('model.decoder_input_proj.0.0.weight')).toBe(false);
  });

  test.each([
    ['learn_initial_query', { learn_initial_query: true }],
    ['normalize_before', { normalize_before: true }],
    ['eval_idx', { eval_idx: 1 }],
    ['eval_size', { eval_size: [640, 640] }],
    ['num_feature_levels', { num_feature_levels: 4 }],
    ['encoder_in_channels', { encoder_in_channels: [256, 512, 512] }],
    ['decoder_in_channels', { decoder_in_channels: [256, 256, 128] }],
    ['feat_strides', { feat_strides: [4, 8, 16] }],
    ['encode_proj_layers', { encode_proj_layers: [3] }],
    ['d_model', { d_model: 250 }],
    ['max_num_bins', { max_num_bins: 31 }],
    ['top_prob_values', { top_prob_values: 34 }],
    ['decoder_method', { decoder_method: 'nearest' }],
    ['activation_function', { activation_function: 'tanh' }],
    ['decoder_activation_function', { decoder_activation_function: 'tanh' }],
    ['backbone_config.model_type', { backbone_config: { ...SMALL.backbone_config, model_type: 'resnet' } }],
    ['backbone_config.stem_strides', { backbone_config: { ...SMALL.backbone_config, stem_strides: [2, 1, 1, 1, 1] } }],
    [
      'backbone_config.stage_downsample_strides',
      { backbone_config: { ...SMALL.backbone_config, stage_downsample_strides: [2, 2, 2, 1] } },
    ],
    [
      'backbone_config.out_features',
      { backbone_config: { ...SMALL.backbone_config, out_features: ['stem', 'stage4'] } },
    ],
  ])('%s: another value is refused by name', (key, change) => {
    const message = expect.stringContaining(`config.json: ${key}: `) as string;
    const detail = expect.objectContaining({ code: 'unsupported' }) as object;
    const error = expect.objectContaining({ message, detail }) as Error;
    expect(() => readDFineConfig({ ...SMALL, ...change }, 80)).toThrow(error);
  });

  test('a setting of the wrong kind is named', () => {
    const backbone_config = { ...SMALL.backbone_config, stage_light_block: [0, 0, 1, 1] };
    expect(() => readDFineConfig({ ...SMALL, backbone_config }, 80)).toThrow(/backbone_config\.stage_light_block: /);
    expect(() => readDFineConfig({ ...SMALL, decoder_n_points: [4, 4] }, 80)).toThrow(/decoder_n_points: /);
  });
});
