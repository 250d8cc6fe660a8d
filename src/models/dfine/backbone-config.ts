/** `backbone_config` of D-FINE's config.json: HGNetV2 as the hub names it. */
import type { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import { stridesOf, type HgnetConfig, type HgnetStage } from '../../nn/hgnet/config';

export interface DFineBackbone extends HgnetConfig {
  /** Stages whose outputs the encoder reads, 0 first. */
  readonly out: readonly number[];
}

const NAMING = {
  stem: 'model.backbone.model.embedder',
  stages: 'model.backbone.model.encoder.stages',
  conv: 'convolution',
  norm: 'normalization',
};
/** The stem's and the stages' strides are the same in every checkpoint. */
const STEM_STRIDES = '[2,1,1,2,1]';

function refuse(file: ConfigReader, message: string): never {
  throw new DetectorError('unsupported', file.file, `backbone_config.${message}`);
}

/** true or false for each of `length` stages. */
function booleans(file: ConfigReader, json: Record<string, unknown>, key: string, length: number): boolean[] {
  const value = json[key];
  if (Array.isArray(value) && value.length === length && value.every((v) => typeof v === 'boolean')) return value;
  throw new DetectorError(
    'checkpoint',
    file.file,
    `backbone_config.${key}: expected a list of ${length} times true or false, got ${JSON.stringify(value) ?? 'nothing'}`,
  );
}

function readStages(file: ConfigReader, json: Record<string, unknown>): HgnetStage[] {
  const input = file.integers('stage_in_channels');
  const { length } = input;
  const [middle, output, blocks, kernel, layers] = [
    'stage_mid_channels',
    'stage_out_channels',
    'stage_num_blocks',
    'stage_kernel_size',
    'stage_numb_of_layers',
  ].map((key) => file.integers(key, { length })) as [number[], number[], number[], number[], number[]];
  const downsample = booleans(file, json, 'stage_downsample', length);
  const light = booleans(file, json, 'stage_light_block', length);
  return input.map((channels, i) => ({
    input: channels,
    middle: middle[i]!,
    output: output[i]!,
    blocks: blocks[i]!,
    downsample: downsample[i]!,
    light: light[i]!,
    kernel: kernel[i]!,
    layers: layers[i]!,
  }));
}

/** `out_features` says "stage1" for the first stage, `out_indices` 1; 0 is the stem. */
function readOut(file: ConfigReader, json: Record<string, unknown>, stages: number): number[] {
  const names = json['out_features'];
  const indices = Array.isArray(names)
    ? names.map((name) => (typeof name === 'string' ? Number(/^stage(\d+)$/.exec(name)?.[1] ?? 0) : 0))
    : file.integers('out_indices');
  const rising = indices.every((index, i) => index >= 1 && index <= stages && index > (indices[i - 1] ?? 0));
  if (indices.length < 2 || !rising)
    refuse(
      file,
      `out_features: expected two or more of stage1 to stage${stages} in their order, got ${JSON.stringify(names ?? indices)}`,
    );
  return indices.map((index) => index - 1);
}

/**
 * @param file config.json's section `backbone_config`, and @param json the same, parsed
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readBackbone(file: ConfigReader, json: Record<string, unknown>): DFineBackbone {
  file.oneOf('model_type', ['hgnet_v2']);
  file.oneOf('hidden_act', ['relu'], 'relu');
  const stem = file.integers('stem_channels', { length: 3 }) as [number, number, number];
  if (stem[1] % 2 !== 0) refuse(file, `stem_channels: expected an even number of middle channels, got ${stem[1]}`);
  const strides = JSON.stringify(json['stem_strides'] ?? [2, 1, 1, 2, 1]);
  if (strides !== STEM_STRIDES) refuse(file, `stem_strides: ${strides} is not supported, only ${STEM_STRIDES}`);
  const stages = readStages(file, json);
  const steps = json['stage_downsample_strides'];
  if (Array.isArray(steps) && steps.some((step) => step !== 2))
    refuse(file, `stage_downsample_strides: ${JSON.stringify(steps)} is not supported, only 2 in every stage`);
  return {
    naming: NAMING,
    stem,
    stages,
    affine: file.boolean('use_learnable_affine_block', { otherwise: false }),
    out: readOut(file, json, stages.length),
  };
}

/** Pixels of a cell of each level that the encoder reads. */
export function levelStrides(backbone: DFineBackbone): number[] {
  const strides = stridesOf(backbone);
  return backbone.out.map((stage) => strides[stage]!);
}
