/**
 * D-FINE's fusion of the levels (arXiv 2410.13842, section 4.3: RT-DETR's CCFM with GELAN blocks, arXiv 2402.13616, and
 * YOLOv10's downsampling by a pointwise and a depthwise convolution, arXiv 2405.14458): top-down, then bottom-up.
 *
 * B batch, h x w cells of a level, D width, E inner width. Levels: finest first.
 */
import * as tf from '@tensorflow/tfjs-core';
import { depthwiseConv2d } from '../../kernels/depthwise-conv2d/op';
import { upsampleAdd } from '../../kernels/upsample-add/op';
import { piecewise } from '../../nn/checkpointing';
import { convolution, halfPadding } from '../../nn/layers';
import type { ParameterRule, Parameters } from '../../nn/parameters';
import { convNorm, repVgg, type ConvNormShape } from '../../nn/rules';

export interface FusionConfig {
  /** D */
  readonly width: number;
  /** 2 E / D */
  readonly expansion: number;
  /** RepVGG convolutions of a CSP block. */
  readonly bottlenecks: number;
  readonly levels: number;
}

/** E, as Python's round(expansion * width // 2). */
const innerWidth = ({ width, expansion }: FusionConfig): number => Math.floor((expansion * width) / 2);

function conv(name: string, shape: ConvNormShape): ParameterRule[] {
  return convNorm('encoder', name, `${name}.conv`, `${name}.norm`, shape);
}

const square = (width: number, kernel: number): ConvNormShape => ({ input: width, output: width, kernel });

/** Two 1x1 convolutions of the same input; RepVGG convolutions behind the first. */
function cspRules(name: string, { bottlenecks }: FusionConfig, input: number, output: number): ParameterRule[] {
  return [
    ...['conv1', 'conv2'].flatMap((part) => conv(`${name}.${part}`, { input, output, kernel: 1 })),
    ...Array.from({ length: bottlenecks }, (_, i) => repVgg('encoder', `${name}.bottlenecks.${i}`, output)).flat(),
  ];
}

function blockRules(name: string, c: FusionConfig): ParameterRule[] {
  const inner = innerWidth(c);
  return [
    ...conv(`${name}.conv1`, square(2 * c.width, 1)),
    ...cspRules(`${name}.csp_rep1`, c, c.width, inner),
    ...conv(`${name}.conv2`, square(inner, 3)),
    ...cspRules(`${name}.csp_rep2`, c, inner, inner),
    ...conv(`${name}.conv3`, square(inner, 3)),
    ...conv(`${name}.conv4`, { input: 2 * c.width + 2 * inner, output: c.width, kernel: 1 }),
  ];
}

/** <name>.{lateral_convs, fpn_blocks, downsample_convs, pan_blocks}.<step> */
export function fusionRules(name: string, c: FusionConfig): ParameterRule[] {
  return Array.from({ length: c.levels - 1 }, (_, step) => [
    ...conv(`${name}.lateral_convs.${step}`, square(c.width, 1)),
    ...blockRules(`${name}.fpn_blocks.${step}`, c),
    ...conv(`${name}.downsample_convs.${step}.conv1`, square(c.width, 1)),
    ...conv(`${name}.downsample_convs.${step}.conv2`, { ...square(c.width, 3), depthwise: true }),
    ...blockRules(`${name}.pan_blocks.${step}`, c),
  ]).flat();
}

const silu = { activation: 'silu' } as const;

function csp(p: Parameters, name: string, { bottlenecks }: FusionConfig, x: tf.Tensor4D): tf.Tensor4D {
  const kept = convolution(p, `${name}.conv2`, x, silu);
  let y = convolution(p, `${name}.conv1`, x, silu);
  for (let i = 0; i < bottlenecks; i++) {
    const last = i === bottlenecks - 1 ? { residual: kept } : {};
    y = convolution(p, `${name}.bottlenecks.${i}`, y, { ...silu, ...last });
  }
  return bottlenecks === 0 ? tf.add(y, kept) : y;
}

/** x [B,h,w,2D] -> [B,h,w,D] */
function block(p: Parameters, name: string, c: FusionConfig, x: tf.Tensor4D): tf.Tensor4D {
  return piecewise((own) => runBlock(p, name, c, own), x);
}

function runBlock(p: Parameters, name: string, c: FusionConfig, x: tf.Tensor4D): tf.Tensor4D {
  const [a, b] = tf.split(convolution(p, `${name}.conv1`, x, silu), 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  const first = convolution(p, `${name}.conv2`, csp(p, `${name}.csp_rep1`, c, b), silu);
  const second = convolution(p, `${name}.conv3`, csp(p, `${name}.csp_rep2`, c, first), silu);
  return convolution(p, `${name}.conv4`, tf.concat([a, b, first, second], 3), silu);
}

/** [B,h,w,D] -> [B,2h,2w,D], each cell four times. */
function doubled(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, h, w, width] = x.shape;
  return upsampleAdd(tf.zeros([batch, 2 * h, 2 * w, width]), x);
}

/** [B,2h,2w,D] -> [B,h,w,D], no activation. */
function halved(p: Parameters, name: string, x: tf.Tensor4D): tf.Tensor4D {
  return depthwiseConv2d(convolution(p, `${name}.conv1`, x), p.get<tf.Rank.R4>(`${name}.conv2.weight`), {
    bias: p.get<tf.Rank.R1>(`${name}.conv2.bias`),
    strides: [2, 2],
    padding: halfPadding(3),
  });
}

/** @param levels [B,h,w,D] each, every one twice as fine as the next @returns the same shapes */
export function runFusion(p: Parameters, name: string, c: FusionConfig, levels: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const last = levels.length - 1;
  // top-down; coarser levels go on as what their lateral convolution made of them
  const down: tf.Tensor4D[] = [];
  let top = levels[last]!;
  for (let step = 0; step < last; step++) {
    const lateral = convolution(p, `${name}.lateral_convs.${step}`, top);
    down.unshift(lateral);
    top = block(p, `${name}.fpn_blocks.${step}`, c, tf.concat([doubled(lateral), levels[last - step - 1]!], 3));
  }
  const up = [top];
  down.forEach((level, step) => {
    const coarser = halved(p, `${name}.downsample_convs.${step}`, up[step]!);
    up.push(block(p, `${name}.pan_blocks.${step}`, c, tf.concat([coarser, level], 3)));
  });
  return up;
}
