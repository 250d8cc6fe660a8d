import { expect, test } from 'vitest';
import { readRtDetrConfig } from './config';
import { denoisingClasses, rtDetrRules } from './parameters';
import { R101, R18, tensorShapes } from './testing/random';

const read = (changed: Record<string, unknown>): ReturnType<typeof readRtDetrConfig> =>
  readRtDetrConfig({ ...R18, ...changed }, 80);

test.each([
  ['r18', R18, 20_209_680],
  ['r101', R101, 76_798_700],
] as const)('%s has as many numbers as PyTorch counts', (_, settings, expected) => {
  const sizes = [...tensorShapes(settings).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  expect(sizes.reduce((a, b) => a + b)).toBe(expected);
});

test('the defaults are those of the reference', () => {
  const c = read({});
  expect(c.family).toBe('rt_detr');
  expect(c.points).toEqual([4, 4, 4]);
  expect([c.offsetScale, c.discrete]).toEqual([0.5, false]);
  expect(c.encoder.aifi.activation).toBe('gelu');
  expect(c.encoder.ccfm.activation).toBe('silu');
  expect(c.activation).toBe('relu');
  expect(c.setLoss).toMatchObject({ classes: 'varifocal', alpha: 0.75, weights: { classes: 1, l1: 5, giou: 2 } });
});

test('RT-DETRv2 has points per level, a scale and a method', () => {
  const v2 = { model_type: 'rt_detr_v2', decoder_n_points: [4, 2, 1], decoder_offset_scale: 0.25 };
  const c = read({ ...v2, decoder_method: 'discrete' });
  expect([c.family, c.points, c.offsetScale, c.discrete]).toEqual(['rt_detr_v2', [4, 2, 1], 0.25, true]);
  const offsets = rtDetrRules(c).find(({ name }) => name.endsWith('layers.0.encoder_attn.sampling_offsets.weight'));
  expect(offsets!.shape).toEqual([256, 8 * 7 * 2]);
  expect(() => read({ ...v2, decoder_method: 'bicubic' })).toThrow('decoder_method: "bicubic" is not supported');
});

test('the loss follows the file', () => {
  const { setLoss } = read({ focal_loss_alpha: 0.5, weight_loss_giou: 3, matcher_bbox_cost: 7 });
  expect(setLoss).toMatchObject({ alpha: 0.5, weights: { giou: 3 }, match: { l1: 7, classes: 2 } });
});

test('without denoising there are no embeddings for it', () => {
  expect(denoisingClasses(read({}))).toBe('model.denoising_class_embed.weight');
  expect(denoisingClasses(read({ num_denoising: 0 }))).toBeUndefined();
  const names = rtDetrRules(read({ num_denoising: 0 })).map(({ name }) => name);
  expect(names).not.toContain('model.denoising_class_embed.weight');
});

test.each([
  [{ learn_initial_query: true }, 'learn_initial_query: true is not supported'],
  [{ normalize_before: true }, 'normalize_before: true is not supported'],
  [{ eval_size: [640, 640] }, 'eval_size'],
  [{ num_feature_levels: 4 }, 'num_feature_levels: 4 is not supported'],
  [{ layer_norm_eps: 1e-6 }, 'layer_norm_eps: 0.000001 is not supported'],
  [{ activation_function: 'mish' }, 'activation_function: "mish" is not supported'],
  [{ encode_proj_layers: [3] }, 'encode_proj_layers: expected levels below 3, got [3]'],
  [{ encoder_in_channels: [128, 256, 500] }, "encoder_in_channels: expected the backbone's [128, 256, 512]"],
  [{ decoder_in_channels: [256, 256, 128] }, 'decoder_in_channels: expected encoder_hidden_dim 256 each'],
  [{ d_model: 250 }, 'd_model: expected a multiple of decoder_attention_heads (8), got 250'],
  [{ decoder_n_points: [4, 4] }, 'decoder_n_points: expected a list of 3 whole numbers'],
  [{ num_queries: 'many' }, 'num_queries: expected a whole number of at least 1, got "many"'],
  [{ use_timm_backbone: true }, 'use_timm_backbone: true is not supported'],
  [
    { backbone_config: { ...R18.backbone_config, out_indices: [3, 4] } },
    'backbone_config.out_indices: expected [2, 3, 4], got [3, 4]',
  ],
  [
    { backbone_config: { ...R18.backbone_config, model_type: 'hgnet_v2' } },
    'backbone_config.model_type: "hgnet_v2" is not supported',
  ],
])('%j is refused by name', (changed, message) => {
  expect(() => read(changed)).toThrow(message);
});
