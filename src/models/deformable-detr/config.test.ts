/** Deformable DETR's config.json in its two forms, and what is refused by name. */
import { describe, expect, test } from 'vitest';
import { readDeformableDetrConfig } from './config';

/** What matters of SenseTime/deformable-detr's file, which is of the older form. */
const OLDER = {
  model_type: 'deformable_detr',
  activation_function: 'relu',
  auxiliary_loss: false,
  backbone: 'resnet50',
  use_timm_backbone: true,
  dilation: false,
  d_model: 256,
  decoder_attention_heads: 8,
  decoder_ffn_dim: 1024,
  decoder_layers: 6,
  decoder_n_points: 4,
  encoder_attention_heads: 8,
  encoder_ffn_dim: 1024,
  encoder_layers: 6,
  encoder_n_points: 4,
  num_feature_levels: 4,
  num_queries: 300,
  position_embedding_type: 'sine',
  two_stage: false,
  two_stage_num_proposals: 300,
  with_box_refine: false,
  class_cost: 1,
  bbox_cost: 5,
  giou_cost: 2,
  bbox_loss_coefficient: 5,
  giou_loss_coefficient: 2,
  focal_alpha: 0.25,
};
const BACKBONE = { model_type: 'timm_backbone', backbone: 'resnet101', out_indices: [2, 3, 4] };
const NEWER = { ...OLDER, backbone: null, use_timm_backbone: null, backbone_config: BACKBONE };

describe('Deformable DETR config.json', () => {
  test('both forms say the same', () => {
    const older = readDeformableDetrConfig(OLDER, 91);
    const part = { layers: 6, heads: 8, hidden: 1024, points: [4, 4, 4, 4] };
    expect(older).toEqual({
      dilation: false,
      stages: [1, 2, 3],
      levels: 4,
      width: 256,
      encoder: part,
      decoder: part,
      queries: 300,
      classes: 91,
      refine: false,
      twoStage: false,
      setLoss: {
        classes: 'focal',
        alpha: 0.25,
        gamma: 2,
        noObject: 0,
        weights: { classes: 1, l1: 5, giou: 2 },
        match: { classes: 1, l1: 5, giou: 2 },
      },
    });
    expect(readDeformableDetrConfig(NEWER, 91)).toEqual(older);
  });

  test('what the file leaves out has the hub’s defaults', () => {
    expect(readDeformableDetrConfig({ model_type: 'deformable_detr' }, 91)).toEqual(
      readDeformableDetrConfig(OLDER, 91),
    );
  });

  test('a single level is the backbone’s last stage', () => {
    const own = { ...BACKBONE, out_indices: [4] };
    for (const json of [OLDER, { ...NEWER, backbone_config: own }]) {
      const { levels, stages, encoder } = readDeformableDetrConfig({ ...json, num_feature_levels: 1 }, 91);
      expect({ levels, stages, points: encoder.points }).toEqual({ levels: 1, stages: [3], points: [4] });
    }
    expect(readDeformableDetrConfig({ ...OLDER, num_feature_levels: 1, dilation: true }, 91).dilation).toBe(true);
  });

  test('in two stages there are as many queries as proposals', () => {
    const json = { ...OLDER, with_box_refine: true, two_stage: true, two_stage_num_proposals: 100 };
    const { queries, refine, twoStage } = readDeformableDetrConfig(json, 91);
    expect({ queries, refine, twoStage }).toEqual({ queries: 100, refine: true, twoStage: true });
  });

  test.each([
    ['position_embedding_type', { ...OLDER, position_embedding_type: 'learned' }],
    ['activation_function', { ...OLDER, activation_function: 'gelu' }],
    ['use_timm_backbone', { ...OLDER, use_timm_backbone: false }],
    ['backbone: "swin_tiny"', { ...OLDER, backbone: 'swin_tiny' }],
    ['backbone_config.model_type', { ...NEWER, backbone_config: { model_type: 'resnet' } }],
    ['backbone_config.out_indices', { ...NEWER, backbone_config: { ...BACKBONE, out_indices: [1, 2, 3, 4] } }],
    ['backbone_config.out_indices', { ...NEWER, num_feature_levels: 1 }],
    ['num_feature_levels: expected 1 or 3..5, got 2', { ...OLDER, num_feature_levels: 2 }],
    ['num_feature_levels: expected 1 or 3..5, got 6', { ...OLDER, num_feature_levels: 6 }],
    ['d_model: expected a multiple of 32', { ...OLDER, d_model: 100 }],
    ['encoder_attention_heads: 7', { ...OLDER, encoder_attention_heads: 7 }],
    ['with_box_refine', { ...OLDER, two_stage: true }],
    ['num_queries', { ...OLDER, num_queries: 0 }],
  ])('%s is refused by name', (name, json) => {
    expect(() => readDeformableDetrConfig(json, 91)).toThrow(name);
  });
});
