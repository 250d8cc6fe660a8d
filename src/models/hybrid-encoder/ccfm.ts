/**
 * Fusion of the levels by convolutions (CCFM, RT-DETR, arXiv 2304.08069, section 4.2): top-down, then bottom-up, each step a
 * CSP block of RepVGG convolutions. Convolution and batch norm throughout.
 *
 * B batch, h x w cells of a level, I input channels, D width, E = D * expansion inner width. Levels: finest first.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../kernels/conv2d/op';
import { upsampleAdd } from '../../kernels/upsample-add/op';
import { piecewise } from '../../nn/checkpointing';
import { convolution } from '../../nn/layers';
import type { ParameterRule, Parameters } from '../../nn/parameters';
import { convNorm, repVgg } from '../../nn/rules';

export interface CcfmConfig {
  /** D */
  readonly width: number;
  /** E / D; at 1 a block has no last convolution. */
  readonly expansion: number;
  /** Behind every convolution. */
  readonly activation: Activation;
  readonly levels: number;
}

/** RepVGG convolutions of a block. */
const BOTTLENECKS = 3;

const innerWidth = ({ width, expansion }: CcfmConfig): number => Math.floor(width * expansion);

function conv(name: string, input: number, output: number, kernel: number): ParameterRule[] {
  return convNorm('encoder', name, `${name}.conv`, `${name}.norm`, { input, output, kernel });
}

function blockRules(name: string, c: CcfmConfig): ParameterRule[] {
  const inner = innerWidth(c);
  return [
    ...['conv1', 'conv2'].flatMap((part) => conv(`${name}.${part}`, 2 * c.width, inner, 1)),
    ...Array.from({ length: BOTTLENECKS }, (_, i) => repVgg('encoder', `${name}.bottlenecks.${i}`, inner)).flat(),
    ...(inner === c.width ? [] : conv(`${name}.conv3`, inner, c.width, 1)),
  ];
}

/** <name>.{lateral_convs, fpn_blocks, downsample_convs, pan_blocks}.<step> */
export function ccfmRules(name: string, c: CcfmConfig): ParameterRule[] {
  return Array.from({ length: c.levels - 1 }, (_, step) => [
    ...conv(`${name}.lateral_convs.${step}`, c.width, c.width, 1),
    ...blockRules(`${name}.fpn_blocks.${step}`, c),
    ...conv(`${name}.downsample_convs.${step}`, c.width, c.width, 3),
    ...blockRules(`${name}.pan_blocks.${step}`, c),
  ]).flat();
}

/** x [B,h,w,2D] -> [B,h,w,D] */
function block(p: Parameters, name: string, c: CcfmConfig, x: tf.Tensor4D): tf.Tensor4D {
  return piecewise((own) => runBlock(p, name, c, own), x);
}

function runBlock(p: Parameters, name: string, c: CcfmConfig, x: tf.Tensor4D): tf.Tensor4D {
  const { activation } = c;
  const kept = convolution(p, `${name}.conv2`, x, { activation });
  let y = convolution(p, `${name}.conv1`, x, { activation });
  for (let i = 0; i < BOTTLENECKS; i++) {
    const last = i === BOTTLENECKS - 1 ? { residual: kept } : {};
    y = convolution(p, `${name}.bottlenecks.${i}`, y, { activation, ...last });
  }
  return innerWidth(c) === c.width ? y : convolution(p, `${name}.conv3`, y, { activation });
}

/** [B,h,w,D] -> [B,2h,2w,D], each cell four times. */
function doubled(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, h, w, width] = x.shape;
  return upsampleAdd(tf.zeros([batch, 2 * h, 2 * w, width]), x);
}

/** @param levels [B,h,w,D] each, every one twice as fine as the next @returns the same shapes */
export function runCcfm(p: Parameters, name: string, c: CcfmConfig, levels: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const { activation } = c;
  const last = levels.length - 1;
  // top-down; coarser levels go on as what their lateral convolution made of them
  const down: tf.Tensor4D[] = [];
  let top = levels[last]!;
  for (let step = 0; step < last; step++) {
    const lateral = convolution(p, `${name}.lateral_convs.${step}`, top, { activation });
    down.unshift(lateral);
    const fused = tf.concat([doubled(lateral), levels[last - step - 1]!], 3);
    top = block(p, `${name}.fpn_blocks.${step}`, c, fused);
  }
  const up = [top];
  down.forEach((level, step) => {
    const options = { activation, stride: 2 };
    const coarser = convolution(p, `${name}.downsample_convs.${step}`, up[step]!, options);
    up.push(block(p, `${name}.pan_blocks.${step}`, c, tf.concat([coarser, level], 3)));
  });
  return up;
}
