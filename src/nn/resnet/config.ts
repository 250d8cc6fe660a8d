/**
 * A ResNet (arXiv 1512.03385) of one of two kinds. `timm`: a 7x7 convolution first, shortcuts with stride. `rt_detr`: RT-DETR's
 * ResNet-vd (arXiv 1812.01187, section 4.2), three 3x3 convolutions first, shortcuts that take averages of 2x2 cells before they
 * project.
 */

export interface ResNetConfig {
  naming: 'timm' | 'rt_detr';
  /** What the names of the tensors begin with, the last full stop included. */
  prefix: string;
  block: 'basic' | 'bottleneck';
  /** Channels that leave the convolutions before the first stage. */
  stemWidth: number;
  /** Channels that leave each stage. */
  widths: readonly number[];
  /** Blocks of each stage. */
  depths: readonly number[];
  /** The last stage keeps the size and spreads its kernels instead (DC5). Only `timm`. */
  dilation?: boolean;
  /** The first stage halves the size too. Only `rt_detr`. */
  downsampleInFirstStage?: boolean;
  /** The 1x1 convolution of a bottleneck has the stride, not the 3x3. Only `rt_detr`. */
  downsampleInBottleneck?: boolean;
  /** Stages whose features are wanted, ascending; the first is 0. */
  out: readonly number[];
}
