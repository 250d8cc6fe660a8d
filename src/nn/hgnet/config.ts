/** HGNetV2, the backbone of D-FINE and DEIMv2 (PP-HGNetV2, arXiv 2304.08069, section 5.1), by its sizes and its checkpoint's names. */

export interface HgnetStage {
  input: number;
  middle: number;
  output: number;
  blocks: number;
  /** Whether a depthwise convolution of stride 2 stands before the blocks. */
  downsample: boolean;
  /** 1x1 convolution and a depthwise one instead of a full convolution. */
  light: boolean;
  kernel: number;
  /** Convolutions of a block whose outputs are aggregated. */
  layers: number;
}

export interface HgnetConfig {
  /** Names before stem1, …, stem4 and before the stages' numbers; of a layer's convolution and of its batch norm. */
  readonly naming: { readonly stem: string; readonly stages: string; readonly conv: string; readonly norm: string };
  /** [input, middle, output] channels of the stem. */
  readonly stem: readonly [number, number, number];
  readonly stages: readonly HgnetStage[];
  /** Whether x * scale + bias follows every ReLU (learnable affine block): <name>.lab.scale and <name>.lab.bias [1]. */
  readonly affine: boolean;
}

/** The stem's stride. */
const STEM_STRIDE = 4;

/** Pixels of a cell of each stage's output. */
export function stridesOf({ stages }: HgnetConfig): number[] {
  let stride = STEM_STRIDE;
  return stages.map(({ downsample }) => (stride *= downsample ? 2 : 1));
}
