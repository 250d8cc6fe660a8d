/** DETR's tensors by their names on the hub, and the policy's, which its authors do not have. */
import type { ParameterGroup, ParameterRule } from '../../nn/parameters';
import { convolution, linear, norm, table } from '../../nn/rules';
import { policyRules } from '../policy';
import type { DetrConfig } from './config';

export const BACKBONE = 'model.backbone.conv_encoder.model.';
export const PROJECTION = 'model.input_projection';
export const QUERY_POSITIONS = 'model.query_position_embeddings';
/** Between the decoder and the heads. */
export const FINAL_NORM = 'model.decoder.layernorm';
export const CLASS_HEAD = 'class_labels_classifier';
export const BOX_HEAD = [0, 1, 2].map((i) => `bbox_predictor.layers.${i}`);

export const encoderLayerName = (index: number): string => `model.encoder.layers.${index}`;
export const decoderLayerName = (index: number): string => `model.decoder.layers.${index}`;

function attentionRules(group: ParameterGroup, name: string, width: number): ParameterRule[] {
  return ['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) => linear(group, `${name}.${part}`, width, width));
}

/** A layer's attentions, each with its norm, and its feed-forward network. */
function layerRules(
  group: ParameterGroup,
  name: string,
  attentions: readonly string[],
  width: number,
  hidden: number,
): ParameterRule[] {
  return [
    ...attentions.flatMap((attention) => [
      ...attentionRules(group, `${name}.${attention}`, width),
      ...norm(group, `${name}.${attention}_layer_norm`, width),
    ]),
    ...linear(group, `${name}.fc1`, width, hidden),
    ...linear(group, `${name}.fc2`, hidden, width),
    ...norm(group, `${name}.final_layer_norm`, width),
  ];
}

/** All but the backbone's. @param channels of the backbone's last stage */
export function detrRules(c: DetrConfig, channels: number): ParameterRule[] {
  const { width, encoder, decoder } = c;
  const [first, second, last] = BOX_HEAD as [string, string, string];
  const layers = (count: number, rulesOf: (index: number) => ParameterRule[]): ParameterRule[] =>
    Array.from({ length: count }, (_, index) => rulesOf(index)).flat();
  return [
    ...convolution('encoder', PROJECTION, channels, width, 1),
    ...layers(encoder.layers, (index) =>
      layerRules('encoder', encoderLayerName(index), ['self_attn'], width, encoder.hidden),
    ),
    ...table('decoder', QUERY_POSITIONS, c.queries, width),
    ...layers(decoder.layers, (index) =>
      layerRules('decoder', decoderLayerName(index), ['self_attn', 'encoder_attn'], width, decoder.hidden),
    ),
    ...norm('decoder', FINAL_NORM, width),
    ...linear('heads', CLASS_HEAD, width, c.classes + 1),
    ...linear('heads', first, width, width),
    ...linear('heads', second, width, width),
    ...linear('heads', last, width, 4),
    ...policyRules({ layers: decoder.layers, width }),
  ];
}
