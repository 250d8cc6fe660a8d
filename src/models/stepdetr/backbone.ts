/**
 * The frozen backbone: the MobileNetV3 part (arXiv 1905.02244, section 5) of the CenterNet graph in @vladmandic/human, as
 * scripts/build-backbone.ts writes it: TF layouts, batch norm folded, 'SAME' padding.
 *
 * B batch, H x W image, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, type Activation } from '../../kernels/conv2d/op';
import { depthwiseConv2d } from '../../kernels/depthwise-conv2d/op';
import { mean } from '../../kernels/reduce/op';
import { scoped } from '../../kernels/scope';
import type { Parameters, ParameterRule } from '../../nn/parameters';
import { plain } from '../../nn/rules';

interface Block {
  kernel: 3 | 5;
  stride: 1 | 2;
  /** Channels of the expansion; 0: none, the depthwise convolution reads the input. */
  expand: number;
  /** Channels of the squeeze; 0: no squeeze-and-excite. */
  squeeze: number;
  output: number;
  activation: 'relu' | 'hardswish';
}

const STEM_CHANNELS = 16;
const block = (
  kernel: 3 | 5,
  stride: 1 | 2,
  expand: number,
  squeeze: number,
  output: number,
  activation: Block['activation'],
): Block => ({
  kernel,
  stride,
  expand,
  squeeze,
  output,
  activation,
});
const BLOCKS: readonly Block[] = [
  block(3, 1, 0, 0, 16, 'relu'),
  block(3, 2, 64, 0, 24, 'relu'),
  block(3, 1, 72, 0, 24, 'relu'),
  block(5, 2, 72, 24, 32, 'relu'),
  block(5, 1, 96, 24, 32, 'relu'),
  block(5, 1, 96, 24, 32, 'relu'),
  block(3, 2, 192, 0, 64, 'hardswish'),
  block(3, 1, 160, 0, 64, 'hardswish'),
  block(3, 1, 144, 0, 64, 'hardswish'),
  block(3, 1, 144, 0, 64, 'hardswish'),
  block(3, 1, 384, 96, 88, 'hardswish'),
  block(3, 1, 528, 136, 88, 'hardswish'),
  block(5, 2, 528, 136, 120, 'hardswish'),
  block(5, 1, 720, 184, 120, 'hardswish'),
  block(5, 1, 720, 184, 120, 'hardswish'),
];
const HEAD_CHANNELS = 480;
/** The block whose output is the stride-16 feature. */
const STRIDE_16_BLOCK = 11;
/** The graph stores the 1/6 of its hard swish and hard sigmoid in half precision: 0.1666259765625. */
const SIXTH_CORRECTION = 0.1666259765625 * 6;

export const BACKBONE_CHANNELS = [BLOCKS[STRIDE_16_BLOCK]!.output, HEAD_CHANNELS] as const;

function rule(name: string, shape: number[]): ParameterRule[] {
  return [plain('backbone', `${name}.weight`, shape), plain('backbone', `${name}.bias`, [shape[3]!])];
}

function blockRules(b: Block, index: number, input: number): ParameterRule[] {
  const name = `blocks.${index}`;
  const inner = b.expand || input;
  return [
    ...(b.expand ? rule(`${name}.expand`, [1, 1, input, b.expand]) : []),
    plain('backbone', `${name}.depthwise.weight`, [b.kernel, b.kernel, inner, 1]),
    plain('backbone', `${name}.depthwise.bias`, [inner]),
    ...(b.squeeze
      ? [...rule(`${name}.squeeze`, [1, 1, inner, b.squeeze]), ...rule(`${name}.excite`, [1, 1, b.squeeze, inner])]
      : []),
    ...rule(`${name}.project`, [1, 1, inner, b.output]),
  ];
}

export function backboneRules(): ParameterRule[] {
  const inputOf = (index: number): number => (index === 0 ? STEM_CHANNELS : BLOCKS[index - 1]!.output);
  return [
    ...rule('stem', [3, 3, 3, STEM_CHANNELS]),
    ...BLOCKS.flatMap((b, index) => blockRules(b, index, inputOf(index))),
    ...rule('head', [1, 1, BLOCKS[BLOCKS.length - 1]!.output, HEAD_CHANNELS]),
  ];
}

/** TensorFlow's 'SAME': the odd zero goes to the bottom and the right. */
function samePadding([, height, width]: readonly number[], kernel: number, stride: number) {
  const total = (size: number): number => Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const [y, x] = [total(height!), total(width!)];
  return { top: y >> 1, bottom: y - (y >> 1), left: x >> 1, right: x - (x >> 1) };
}

interface StepOptions {
  stride?: number;
  activation?: Activation;
  residual?: tf.Tensor4D;
}

function options(
  p: Parameters,
  name: string,
  x: tf.Tensor4D,
  kernel: number,
  { stride = 1, activation = 'none', residual }: StepOptions,
) {
  const scale = activation === 'hardswish' || activation === 'hardsigmoid' ? SIXTH_CORRECTION : 1;
  return {
    bias: p.get<tf.Rank.R1>(`${name}.bias`),
    strides: [stride, stride] as [number, number],
    padding: samePadding(x.shape, kernel, stride),
    activation,
    scale,
    ...(residual ? { residual } : {}),
  };
}

function conv(p: Parameters, name: string, x: tf.Tensor4D, step: StepOptions = {}): tf.Tensor4D {
  const filter = p.get<tf.Rank.R4>(`${name}.weight`);
  return conv2d(x, filter, options(p, name, x, filter.shape[0], step));
}

function depthwise(p: Parameters, name: string, x: tf.Tensor4D, step: StepOptions): tf.Tensor4D {
  const filter = p.get<tf.Rank.R4>(`${name}.weight`);
  return depthwiseConv2d(x, filter, options(p, name, x, filter.shape[0], step));
}

/** x times hardsigmoid(excite(relu(squeeze(mean of x)))) (arXiv 1709.01507, section 3). */
function squeezeExcite(p: Parameters, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const pooled = mean(x, [1, 2], true) as tf.Tensor4D;
  const squeezed = conv(p, `${name}.squeeze`, pooled, { activation: 'relu' });
  return tf.mul(x, conv(p, `${name}.excite`, squeezed, { activation: 'hardsigmoid' }));
}

function runBlock(p: Parameters, b: Block, index: number, x: tf.Tensor4D): tf.Tensor4D {
  const name = `blocks.${index}`;
  const { activation, stride } = b;
  let y = b.expand ? conv(p, `${name}.expand`, x, { activation }) : x;
  y = depthwise(p, `${name}.depthwise`, y, { stride, activation });
  if (b.squeeze) y = squeezeExcite(p, name, y);
  const keepsShape = stride === 1 && x.shape[3] === b.output;
  return conv(p, `${name}.project`, y, keepsShape ? { residual: x } : {});
}

/**
 * @param image [B,H,W,3] RGB 0..255, H and W multiples of 32
 * @returns features at stride 16 [B,H/16,W/16,88] and at stride 32 [B,H/32,W/32,480]
 */
export function runBackbone(p: Parameters, image: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
  let x = scoped('stem', () => conv(p, 'stem', image, { stride: 2, activation: 'hardswish' }));
  let stride16 = x;
  let stage = 1;
  BLOCKS.forEach((b, index) => {
    if (b.stride === 2) stage++;
    const before = x;
    x = scoped(`stage ${stage}`, () => runBlock(p, b, index, before));
    if (index === STRIDE_16_BLOCK) stride16 = x;
  });
  return [stride16, scoped('head', () => conv(p, 'head', x, { activation: 'hardswish' }))];
}
