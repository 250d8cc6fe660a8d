/** Deformable DETR's tensors by their names on the hub, and the policy's, which its authors do not have. */
import type { TensorSource } from '../../lib/tensor-source';
import type { ParameterGroup, ParameterRule } from '../../nn/parameters';
import { convolution, linear, norm, plain, table } from '../../nn/rules';
import { unbuild } from '../../nn/unbuild';
import { policyRules } from '../policy';
import type { DeformableDetrConfig } from './config';

export const BACKBONE = 'model.backbone.conv_encoder.model.';
export const LEVEL_EMBEDDING = 'model.level_embed';
/** [Q,2D]: position, content. */
export const QUERIES = 'model.query_position_embeddings';
export const REFERENCE_POINTS = 'model.reference_points';
/** Of two stages. */
export const PROPOSAL = 'model.enc_output';
export const PROPOSAL_NORM = 'model.enc_output_norm';
export const QUERY_OF_BOX = 'model.pos_trans';
export const QUERY_OF_BOX_NORM = 'model.pos_trans_norm';

/** Convolution <name>.0 and group norm <name>.1. */
export const projectionName = (level: number): string => `model.input_proj.${level}`;
export const encoderLayerName = (index: number): string => `model.encoder.layers.${index}`;
export const decoderLayerName = (index: number): string => `model.decoder.layers.${index}`;
/** The linear layers of an MLP of three. */
export const three = (name: string): string[] => [0, 1, 2].map((i) => `${name}.layers.${i}`);

const CLASS_HEAD = 'class_embed';
const BOX_HEAD = 'bbox_embed';

/** Where a head is stored, by the part before its own name: some files have it twice, some say so by leaving copies out. */
const PLACES = ['', 'model.decoder.'];

/** Which head of the checkpoint each layer uses. */
export interface Heads {
  /** Parameters <name>.weight and .bias of layer 1, …, L; of the proposals behind them where there are two stages. */
  readonly classes: readonly string[];
  /** Parameters <name>.layers.<i>.* of the same. */
  readonly boxes: readonly string[];
}

function copiesOf({ names }: TensorSource, kind: string, index: number): string[] {
  return PLACES.map((place) => `${place}${kind}.${index}`).filter((name) =>
    names.some((tensor) => tensor.startsWith(`${name}.`)),
  );
}

/** Layers without a head of their own in the file use the first one's, and all do where boxes are not refined. */
function headsOf(c: DeformableDetrConfig, source: TensorSource, kind: string): string[] {
  const count = c.decoder.layers + (c.twoStage ? 1 : 0);
  return Array.from({ length: count }, (_, index) => {
    const own = c.refine && copiesOf(source, kind, index).length > 0;
    return `${kind}.${own ? index : 0}`;
  });
}

export function readHeads(c: DeformableDetrConfig, source: TensorSource): Heads {
  return { classes: headsOf(c, source, CLASS_HEAD), boxes: headsOf(c, source, BOX_HEAD) };
}

/** A rule whose tensor the file has under all of these names: read from the first, written back to each. */
function stored(rule: ParameterRule, tensors: readonly string[]): ParameterRule {
  const { shape } = rule.parts[0]!;
  const parts = tensors.map((tensor) => ({ tensor, shape }));
  const first: ParameterRule = { ...rule, parts: parts.slice(0, 1) };
  if (parts.length === 1) return first;
  return {
    ...rule,
    parts,
    build: ([values]) => rule.build([values!]),
    unfold: (values) => {
      const [own] = unbuild(first, values).values();
      return parts.map(() => own!);
    },
  };
}

/** @param used names of `Heads`; @param rulesOf the rules of one head by its name */
function headRules(
  source: TensorSource,
  used: readonly string[],
  rulesOf: (name: string) => ParameterRule[],
): ParameterRule[] {
  return [...new Set(used)].flatMap((name) => {
    const kind = name.slice(0, name.indexOf('.'));
    const layers = used.flatMap((each, index) => (each === name ? [index] : []));
    const copies = layers.flatMap((index) => copiesOf(source, kind, index));
    // none: the name stands in the error that says so
    const places = copies.length > 0 ? copies : [name];
    return rulesOf(name).map((rule) =>
      stored(
        rule,
        places.map((place) => place + rule.name.slice(name.length)),
      ),
    );
  });
}

function deformableRules(
  group: ParameterGroup,
  name: string,
  width: number,
  { heads, points }: DeformableDetrConfig['encoder'],
): ParameterRule[] {
  const samples = heads * points.reduce((sum, count) => sum + count, 0);
  return [
    ...linear(group, `${name}.sampling_offsets`, width, samples * 2),
    ...linear(group, `${name}.attention_weights`, width, samples),
    ...linear(group, `${name}.value_proj`, width, width),
    ...linear(group, `${name}.output_proj`, width, width),
    ...norm(group, `${name}_layer_norm`, width),
  ];
}

function feedForwardRules(group: ParameterGroup, name: string, width: number, hidden: number): ParameterRule[] {
  return [
    ...linear(group, `${name}.fc1`, width, hidden),
    ...linear(group, `${name}.fc2`, hidden, width),
    ...norm(group, `${name}.final_layer_norm`, width),
  ];
}

function encoderLayer({ width, encoder }: DeformableDetrConfig, name: string): ParameterRule[] {
  return [
    ...deformableRules('encoder', `${name}.self_attn`, width, encoder),
    ...feedForwardRules('encoder', name, width, encoder.hidden),
  ];
}

function decoderLayer({ width, decoder }: DeformableDetrConfig, name: string): ParameterRule[] {
  return [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) =>
      linear('decoder', `${name}.self_attn.${part}`, width, width),
    ),
    ...norm('decoder', `${name}.self_attn_layer_norm`, width),
    ...deformableRules('decoder', `${name}.encoder_attn`, width, decoder),
    ...feedForwardRules('decoder', name, width, decoder.hidden),
  ];
}

/** @param channels of the backbone's features, one number for each of `stages` */
function projections({ levels, width }: DeformableDetrConfig, channels: readonly number[]): ParameterRule[] {
  return Array.from({ length: levels }, (_, level) => {
    const own = channels[level];
    // levels behind the backbone's halve its last feature, then each other
    const input = own ?? (level === channels.length ? channels.at(-1)! : width);
    const name = projectionName(level);
    return [...convolution('encoder', `${name}.0`, input, width, own ? 1 : 3), ...norm('encoder', `${name}.1`, width)];
  }).flat();
}

function startRules({ twoStage, queries, width }: DeformableDetrConfig): ParameterRule[] {
  if (!twoStage)
    return [...table('decoder', QUERIES, queries, 2 * width), ...linear('decoder', REFERENCE_POINTS, width, 2)];
  return [
    ...linear('decoder', PROPOSAL, width, width),
    ...norm('decoder', PROPOSAL_NORM, width),
    ...linear('decoder', QUERY_OF_BOX, 2 * width, 2 * width),
    ...norm('decoder', QUERY_OF_BOX_NORM, 2 * width),
  ];
}

/**
 * All but the backbone's.
 * @param channels of the backbone's features, one number for each of `stages`
 * @param source says under which names the heads are stored
 */
export function deformableDetrRules(
  c: DeformableDetrConfig,
  channels: readonly number[],
  heads: Heads,
  source: TensorSource,
): ParameterRule[] {
  const { width } = c;
  const times = (count: number, rulesOf: (index: number) => ParameterRule[]): ParameterRule[] =>
    Array.from({ length: count }, (_, index) => rulesOf(index)).flat();
  const boxHead = (name: string): ParameterRule[] =>
    three(name).flatMap((part, index) => linear('heads', part, width, index < 2 ? width : 4));
  return [
    ...projections(c, channels),
    plain('encoder', LEVEL_EMBEDDING, [c.levels, width]),
    ...times(c.encoder.layers, (index) => encoderLayer(c, encoderLayerName(index))),
    ...startRules(c),
    ...times(c.decoder.layers, (index) => decoderLayer(c, decoderLayerName(index))),
    ...headRules(source, heads.classes, (name) => linear('heads', name, width, c.classes)),
    ...headRules(source, heads.boxes, boxHead),
    ...policyRules({ layers: c.decoder.layers, width }),
  ];
}
