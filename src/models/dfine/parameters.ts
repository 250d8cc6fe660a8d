/** D-FINE's tensors by their names in the hub's files (the older ones: `fc1`, `out_proj`, `encoder.encoder`), and their groups. */
import { hgnetRules } from '../../nn/hgnet/rules';
import type { ParameterGroup, ParameterRule } from '../../nn/parameters';
import { linear, norm, plain, table } from '../../nn/rules';
import { policyRules } from '../policy';
import type { DFineConfig } from './config';
import { encoderRules } from './encoder';

export const POSITION = 'model.decoder.query_pos_head';
export const FIRST_BOX = 'model.decoder.pre_bbox_head';
/** Of W(n); its authors do not train them either. */
export const UP = 'model.decoder.up';
export const EDGE_SCALE = 'model.decoder.reg_scale';
const SELECT_OUTPUT = 'model.enc_output';
const SELECT_CLASS = 'model.enc_score_head';
const SELECT_BOX = 'model.enc_bbox_head';
const DENOISING = 'model.denoising_class_embed';

/** Not read: counters, a buffer that follows from config.json, and second names of the heads (they are the decoder's). */
export const NOT_READ = /num_batches_tracked$|\.num_points_scale$|^(class|bbox)_embed\.|^model\.(anchors|valid_mask)$/;

export const layerName = (index: number): string => `model.decoder.layers.${index}`;
export const classHead = (index: number): string => `model.decoder.class_embed.${index}`;
export const edgeHead = (index: number): string => `model.decoder.bbox_embed.${index}`;
export const qualityHead = (index: number): string => `model.decoder.lqe_layers.${index}.reg_conf`;

/** The linear layers of a perceptron. */
export const layersOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}.layers.${i}`);

/** @param widths of the input and behind each linear layer */
function perceptron(group: ParameterGroup, name: string, widths: readonly number[]): ParameterRule[] {
  return layersOf(name, widths.length - 1).flatMap((layer, i) => linear(group, layer, widths[i]!, widths[i + 1]!));
}

function layerRules({ width, heads, hidden, points }: DFineConfig, index: number): ParameterRule[] {
  const name = layerName(index);
  const samples = heads * points.reduce((sum, count) => sum + count, 0);
  return [
    ...['q', 'k', 'v', 'out'].flatMap((part) => linear('decoder', `${name}.self_attn.${part}_proj`, width, width)),
    ...norm('decoder', `${name}.self_attn_layer_norm`, width),
    ...linear('decoder', `${name}.encoder_attn.sampling_offsets`, width, samples * 2),
    ...linear('decoder', `${name}.encoder_attn.attention_weights`, width, samples),
    ...linear('decoder', `${name}.gateway.gate`, 2 * width, 2 * width),
    ...norm('decoder', `${name}.gateway.norm`, width),
    ...linear('decoder', `${name}.fc1`, width, hidden),
    ...linear('decoder', `${name}.fc2`, hidden, width),
    ...norm('decoder', `${name}.final_layer_norm`, width),
  ];
}

function headRules({ width, classes, bins, quality }: DFineConfig, index: number): ParameterRule[] {
  const inner = Array<number>(quality.layers - 1).fill(quality.width);
  return [
    ...linear('heads', classHead(index), width, classes),
    ...perceptron('heads', edgeHead(index), [width, width, width, 4 * (bins + 1)]),
    ...perceptron('heads', qualityHead(index), [4 * (quality.top + 1), ...inner, 1]),
  ];
}

function decoderRules(c: DFineConfig): ParameterRule[] {
  const { width, classes } = c;
  const each = Array.from({ length: c.layers }, (_, index) => [...layerRules(c, index), ...headRules(c, index)]);
  return [
    ...linear('decoder', `${SELECT_OUTPUT}.0`, width, width),
    ...norm('decoder', `${SELECT_OUTPUT}.1`, width),
    ...linear('heads', SELECT_CLASS, width, classes),
    ...perceptron('heads', SELECT_BOX, [width, width, width, 4]),
    ...perceptron('decoder', POSITION, [4, 2 * width, width]),
    ...perceptron('heads', FIRST_BOX, [width, width, width, 4]),
    plain('fixed', UP, [1]),
    plain('fixed', EDGE_SCALE, [1]),
    ...(c.denoising ? table('decoder', DENOISING, classes + 1, width) : []),
    ...each.flat(),
  ];
}

export function dFineRules(c: DFineConfig): ParameterRule[] {
  return [...hgnetRules(c.backbone), ...encoderRules(c), ...decoderRules(c), ...policyRules(c)];
}

/** The selection's and every layer's. */
export function classHeads({ layers }: DFineConfig): { weight: string; bias: string }[] {
  const heads = [SELECT_CLASS, ...Array.from({ length: layers }, (_, index) => classHead(index))];
  return heads.map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
}

/** The parameter of the denoising queries' classes, where the checkpoint has one. */
export function denoisingClasses({ denoising }: DFineConfig): string | undefined {
  return denoising ? `${DENOISING}.weight` : undefined;
}
