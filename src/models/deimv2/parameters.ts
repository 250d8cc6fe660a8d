/** DEIMv2's decoder and heads by their names in the checkpoint, and the policy's tensors, which its authors do not have. */
import type { ParameterRule } from '../../nn/parameters';
import { linear, plain, splitLinear } from '../../nn/rules';
import type { DeimV2Config } from './config';

/** Highest probabilities of an edge that the quality estimate reads, and its hidden width. */
export const TOP = 4;
const QUALITY_WIDTH = 64;

/** The linear layers of an MLP of three. */
export const three = (name: string): string[] => [0, 1, 2].map((i) => `${name}.layers.${i}`);

function mlpRules(
  group: 'decoder' | 'heads',
  name: string,
  input: number,
  hidden: number,
  output: number,
): ParameterRule[] {
  const [a, b, c] = three(name) as [string, string, string];
  return [...linear(group, a, input, hidden), ...linear(group, b, hidden, hidden), ...linear(group, c, hidden, output)];
}

function layerRules(c: DeimV2Config, index: number): ParameterRule[] {
  const name = `decoder.decoder.layers.${index}`;
  const samples = c.heads * c.points.reduce((sum, count) => sum + count, 0);
  const inProj = { weight: `${name}.self_attn.in_proj_weight`, bias: `${name}.self_attn.in_proj_bias` };
  return [
    ...splitLinear('decoder', `${name}.self_attn`, inProj, ['query', 'key', 'value'], c.width, c.width),
    ...linear('decoder', `${name}.self_attn.out_proj`, c.width, c.width),
    ...linear('decoder', `${name}.cross_attn.sampling_offsets`, c.width, samples * 2),
    ...linear('decoder', `${name}.cross_attn.attention_weights`, c.width, samples),
    ...['norm1', 'norm2', 'norm3'].map((norm) => plain('decoder', `${name}.${norm}.scale`, [c.width])),
    ...linear('decoder', `${name}.swish_ffn.w12`, c.width, 2 * c.hidden),
    ...linear('decoder', `${name}.swish_ffn.w3`, c.hidden, c.width),
  ];
}

function headRules(c: DeimV2Config, index: number): ParameterRule[] {
  const quality = `decoder.decoder.lqe_layers.${index}.reg_conf.layers`;
  return [
    ...linear('heads', `decoder.dec_score_head.${index}`, c.width, c.classes),
    ...linear('heads', `${quality}.0`, 4 * (TOP + 1), QUALITY_WIDTH),
    ...linear('heads', `${quality}.1`, QUALITY_WIDTH, 1),
    ...(index === 0 || !c.sharedBoxHead
      ? mlpRules('heads', `decoder.dec_bbox_head.${index}`, c.width, c.width, 4 * (c.bins + 1))
      : []),
  ];
}

export function decoderRules(c: DeimV2Config): ParameterRule[] {
  const each = Array.from({ length: c.layers }, (_, index) => [...layerRules(c, index), ...headRules(c, index)]);
  return [
    ...each.flat(),
    // Constants of W(n); their authors do not train them either.
    plain('fixed', 'decoder.decoder.up', [1]),
    plain('fixed', 'decoder.decoder.reg_scale', [1]),
    ...linear('heads', 'decoder.enc_score_head', c.width, c.classes),
    ...mlpRules('heads', 'decoder.enc_bbox_head', c.width, c.width, 4),
    ...mlpRules('heads', 'decoder.pre_bbox_head', c.width, c.width, 4),
    ...mlpRules('decoder', 'decoder.query_pos_head', 4, c.width, c.width),
  ];
}

const SELECTION_HEAD = 'decoder.enc_score_head';
const layerHeads = ({ layers }: DeimV2Config): string[] =>
  Array.from({ length: layers }, (_, index) => `decoder.dec_score_head.${index}`);

/** The selection's and every layer's. */
export function classHeads(c: DeimV2Config): { weight: string; bias: string }[] {
  return [SELECTION_HEAD, ...layerHeads(c)].map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
}
