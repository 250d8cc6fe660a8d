/**
 * RT-DETR's tensors by their names in the hub's files (the older ones: `fc1` and `out_proj` without `mlp`, `encoder.encoder`),
 * and the groups that training switches.
 */
import type { ParameterGroup, ParameterRule } from '../../nn/parameters';
import { resNetRules } from '../../nn/resnet/rules';
import { convNorm, linear, norm, table } from '../../nn/rules';
import { aifiRules } from '../hybrid-encoder/aifi';
import { ccfmRules } from '../hybrid-encoder/ccfm';
import { policyRules } from '../policy';
import type { RtDetrConfig } from './config';

export const ENCODER = 'model.encoder';
export const POSITION = 'model.decoder.query_pos_head';
export const SELECT_OUTPUT = 'model.enc_output';
export const SELECT_CLASS = 'model.enc_score_head';
export const SELECT_BOX = 'model.enc_bbox_head';
const DENOISING = 'model.denoising_class_embed';

/** Not read: counters, a buffer that follows from config.json, and second names of the heads (they are the decoder's). */
export const NOT_READ = /num_batches_tracked$|\.n_points_scale$|^(class|bbox)_embed\.|^model\.(anchors|valid_mask)$/;

export const layerName = (index: number): string => `model.decoder.layers.${index}`;
export const classHead = (index: number): string => `model.decoder.class_embed.${index}`;
export const boxHead = (index: number): string => `model.decoder.bbox_embed.${index}`;
/** The attention inside the `index`-th attended level. */
export const attentionName = (index: number): string => `${ENCODER}.encoder.${index}`;
export const inputProjection = (level: number): string => `model.encoder_input_proj.${level}`;
export const outputProjection = (level: number): string => `model.decoder_input_proj.${level}`;
/** The linear layers of a perceptron. */
export const layersOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}.layers.${i}`);

/** @param widths of the input and behind each linear layer */
function perceptron(group: ParameterGroup, name: string, widths: readonly number[]): ParameterRule[] {
  return layersOf(name, widths.length - 1).flatMap((layer, i) => linear(group, layer, widths[i]!, widths[i + 1]!));
}

/** A 1x1 convolution <name>.0 and its batch norm <name>.1. */
function projection(name: string, input: number, output: number): ParameterRule[] {
  return convNorm('encoder', name, `${name}.0`, `${name}.1`, { input, output, kernel: 1 });
}

function encoderRules({ encoder, width }: RtDetrConfig): ParameterRule[] {
  const { channels, aifi, attended, ccfm } = encoder;
  return [
    ...channels.flatMap((input, level) => projection(inputProjection(level), input, ccfm.width)),
    ...attended.flatMap((_, index) => aifiRules(attentionName(index), aifi)),
    ...ccfmRules(ENCODER, ccfm),
    ...channels.flatMap((_, level) => projection(outputProjection(level), ccfm.width, width)),
  ];
}

function layerRules({ width, heads, hidden, points }: RtDetrConfig, index: number): ParameterRule[] {
  const name = layerName(index);
  const samples = heads * points.reduce((sum, count) => sum + count, 0);
  const square = [
    ...['q', 'k', 'v', 'out'].map((part) => `self_attn.${part}_proj`),
    'encoder_attn.value_proj',
    'encoder_attn.output_proj',
  ];
  return [
    ...square.flatMap((part) => linear('decoder', `${name}.${part}`, width, width)),
    ...linear('decoder', `${name}.encoder_attn.sampling_offsets`, width, samples * 2),
    ...linear('decoder', `${name}.encoder_attn.attention_weights`, width, samples),
    ...linear('decoder', `${name}.fc1`, width, hidden),
    ...linear('decoder', `${name}.fc2`, hidden, width),
    ...['self_attn', 'encoder_attn', 'final'].flatMap((part) => norm('decoder', `${name}.${part}_layer_norm`, width)),
  ];
}

function decoderRules(c: RtDetrConfig): ParameterRule[] {
  const { width, classes } = c;
  const each = Array.from({ length: c.layers }, (_, index) => [
    ...layerRules(c, index),
    ...linear('heads', classHead(index), width, classes),
    ...perceptron('heads', boxHead(index), [width, width, width, 4]),
  ]);
  return [
    ...linear('decoder', `${SELECT_OUTPUT}.0`, width, width),
    ...norm('decoder', `${SELECT_OUTPUT}.1`, width),
    ...linear('heads', SELECT_CLASS, width, classes),
    ...perceptron('heads', SELECT_BOX, [width, width, width, 4]),
    ...perceptron('decoder', POSITION, [4, 2 * width, width]),
    ...(c.denoising ? table('decoder', DENOISING, classes + 1, width) : []),
    ...each.flat(),
  ];
}

export function rtDetrRules(c: RtDetrConfig): ParameterRule[] {
  return [...resNetRules(c.backbone), ...encoderRules(c), ...decoderRules(c), ...policyRules(c)];
}

/** The selection's and every layer's. */
export function classHeads({ layers }: RtDetrConfig): { weight: string; bias: string }[] {
  const heads = [SELECT_CLASS, ...Array.from({ length: layers }, (_, index) => classHead(index))];
  return heads.map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
}

/** The parameter of the denoising queries' classes, where the checkpoint has one. */
export function denoisingClasses({ denoising }: RtDetrConfig): string | undefined {
  return denoising ? `${DENOISING}.weight` : undefined;
}
