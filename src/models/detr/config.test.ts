/** DETR's config.json in its two forms, and what is refused by name. */
import { describe, expect, test } from 'vitest';
import { readDetrConfig } from './config';

/** What matters of facebook/detr-resnet-50's file, which is of the older form. */
const OLDER = {
  model_type: 'detr',
  activation_function: 'relu',
  auxiliary_loss: false,
  backbone: 'resnet50',
  use_timm_backbone: true,
  dilation: false,
  d_model: 256,
  decoder_attention_heads: 8,
  decoder_ffn_dim: 2048,
  decoder_layers: 6,
  encoder_attention_heads: 8,
  encoder_ffn_dim: 2048,
  encoder_layers: 6,
  num_queries: 100,
  max_position_embeddings: 1024,
  position_embedding_type: 'sine',
  class_cost: 1,
  bbox_cost: 5,
  giou_cost: 2,
  bbox_loss_coefficient: 5,
  giou_loss_coefficient: 2,
  eos_coefficient: 0.1,
};
const NEWER = {
  ...OLDER,
  backbone: null,
  use_timm_backbone: null,
  backbone_config: { model_type: 'timm_backbone', backbone: 'resnet101', out_indices: [1, 2, 3, 4] },
};

describe('DETR config.json', () => {
  test('both forms say the same', () => {
    const older = readDetrConfig(OLDER, 91);
    expect(older).toEqual({
      dilation: false,
      width: 256,
      encoder: { layers: 6, heads: 8, hidden: 2048 },
      decoder: { layers: 6, heads: 8, hidden: 2048 },
      queries: 100,
      classes: 91,
      normBetween: false,
      setLoss: {
        classes: 'softmax',
        alpha: 0,
        gamma: 0,
        noObject: 0.1,
        weights: { classes: 1, l1: 5, giou: 2 },
        match: { classes: 1, l1: 5, giou: 2 },
      },
    });
    expect(readDetrConfig(NEWER, 91)).toEqual(older);
  });

  test('what the file leaves out has the hub’s defaults', () => {
    expect(readDetrConfig({ model_type: 'detr' }, 91)).toEqual(readDetrConfig(OLDER, 91));
  });

  test.each([
    ['dilation of the older form', { ...OLDER, dilation: true }],
    ['dilation of the newer form', { ...NEWER, dilation: true }],
    ['an output stride of 16', { ...NEWER, backbone_config: { ...NEWER.backbone_config, output_stride: 16 } }],
  ])('DC5: %s', (_, json) => {
    expect(readDetrConfig(json, 91).dilation).toBe(true);
  });

  test.each([
    ['position_embedding_type', { ...OLDER, position_embedding_type: 'learned' }],
    ['activation_function', { ...OLDER, activation_function: 'gelu' }],
    ['pre_norm', { ...OLDER, pre_norm: true }],
    ['normalize_before', { ...OLDER, normalize_before: true }],
    ['use_timm_backbone', { ...OLDER, use_timm_backbone: false }],
    ['backbone: "swin_tiny"', { ...OLDER, backbone: 'swin_tiny' }],
    ['backbone: "resnet50d"', { ...OLDER, backbone: 'resnet50d' }],
    [
      'backbone_config.backbone: "convnext"',
      { ...NEWER, backbone_config: { ...NEWER.backbone_config, backbone: 'convnext' } },
    ],
    ['backbone_config.model_type', { ...NEWER, backbone_config: { model_type: 'resnet' } }],
    ['backbone_config.output_stride', { ...NEWER, backbone_config: { ...NEWER.backbone_config, output_stride: 8 } }],
    ['decoder_attention_heads: 7', { ...OLDER, decoder_attention_heads: 7 }],
    ['num_queries', { ...OLDER, num_queries: 0 }],
  ])('%s is refused by name', (name, json) => {
    expect(() => readDetrConfig(json, 91)).toThrow(name);
  });
});
