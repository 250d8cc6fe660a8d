/** DEIMv2's config.json as its authors save it (arXiv 2509.20787): HGNetv2, LiteEncoder, DEIMTransformer. */
import type { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { HgnetStage } from '../../nn/hgnet/config';

export interface DeimV2Config {
  readonly stages: readonly HgnetStage[];
  readonly affine: boolean;
  readonly encoder: { readonly width: number; readonly expansion: number; readonly bottlenecks: number };
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly layers: number;
  readonly queries: number;
  /** Sampling points of each level. */
  readonly points: readonly number[];
  readonly strides: readonly number[];
  /** Bins of an edge's distribution minus one. */
  readonly bins: number;
  readonly sharedBoxHead: boolean;
  readonly size: readonly [number, number];
  readonly classes: number;
}

const stage = (
  input: number,
  middle: number,
  output: number,
  blocks: number,
  downsample: boolean,
  light: boolean,
  kernel: number,
): HgnetStage => ({
  input,
  middle,
  output,
  blocks,
  downsample,
  light,
  kernel,
  layers: 3,
});
const FIRST_TWO = [stage(16, 16, 64, 1, false, false, 3), stage(64, 32, 256, 1, true, false, 3)];
const BACKBONES: Record<string, readonly HgnetStage[]> = {
  Atto: [...FIRST_TWO, stage(256, 64, 256, 1, true, true, 3)],
  Femto: [...FIRST_TWO, stage(256, 64, 512, 1, true, true, 5)],
  Pico: [...FIRST_TWO, stage(256, 64, 512, 2, true, true, 5)],
};
/** [input, middle, output] channels of the stem, the same for all three. */
export const STEM = [3, 16, 16] as const;

function refuse(file: string, message: string): never {
  throw new DetectorError('unsupported', file, message);
}

/** Two levels: the backbone's last stage at stride 16 and the encoder's own at stride 32. */
function readTransformer(config: ConfigReader) {
  const t = config.section('DEIMTransformer');
  t.oneOf('use_gateway', [false]);
  t.oneOf('layer_scale', [1], 1);
  t.oneOf('activation', ['silu']);
  t.oneOf('mlp_act', ['silu']);
  t.oneOf('num_levels', [2]);
  t.oneOf('eval_idx', [-1, t.integer('num_layers') - 1], -1);
  return {
    width: t.integer('hidden_dim'),
    heads: t.integer('nhead'),
    hidden: t.integer('dim_feedforward', { min: 2 }) / 2,
    layers: t.integer('num_layers'),
    queries: t.integer('num_queries'),
    points: t.integers('num_points', { length: 2 }),
    strides: t.integers('feat_strides', { length: 2 }),
    bins: t.integer('reg_max', { min: 4 }),
    sharedBoxHead: t.boolean('share_bbox_head', { otherwise: false }),
    size: t.integers('eval_spatial_size', { length: 2, min: 32 }) as [number, number],
    channels: t.integers('feat_channels', { length: 2 }),
  };
}

/** @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported */
export function readDeimV2Config(config: ConfigReader, classes: number): DeimV2Config {
  if (!config.has('LiteEncoder'))
    refuse(config.file, 'expected a LiteEncoder (DEIMv2 Atto, Femto, Pico); this variant of DEIMv2 is not supported');
  const hgnet = config.section('HGNetv2');
  const stages = BACKBONES[hgnet.oneOf('name', Object.keys(BACKBONES))]!;
  const encoder = config.section('LiteEncoder');
  encoder.oneOf('act', ['silu'], 'silu');
  const { channels, ...transformer } = readTransformer(config);
  const width = encoder.integer('hidden_dim');
  if (channels.some((c) => c !== width) || transformer.width !== width) {
    refuse(
      config.file,
      `DEIMTransformer.feat_channels: expected the encoder's width ${width} and hidden_dim the same, got [${channels}] and ${transformer.width}`,
    );
  }
  if (width % transformer.heads !== 0)
    refuse(config.file, `DEIMTransformer.nhead: ${transformer.heads} does not divide hidden_dim ${width}`);
  return {
    stages,
    affine: hgnet.boolean('use_lab', { otherwise: false }),
    encoder: {
      width,
      expansion: encoder.number('expansion', { otherwise: 1 }),
      bottlenecks: Math.round(3 * encoder.number('depth_mult', { otherwise: 1 })),
    },
    ...transformer,
    classes,
  };
}
