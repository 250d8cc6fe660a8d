/**
 * DEIMv2's lite encoder (arXiv 2509.20787, section 3.2): stride 16 projected, stride 32 made by pooling, one top-down and one
 * bottom-up fusion. Convolution, batch norm, SiLU throughout.
 *
 * B batch, H x W cells, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { depthwiseConv2d } from '../../kernels/depthwise-conv2d/op';
import { mean } from '../../kernels/reduce/op';
import { scoped } from '../../kernels/scope';
import { upsampleAdd } from '../../kernels/upsample-add/op';
import { convolution, halfPadding } from '../../nn/layers';
import type { Parameters, ParameterRule } from '../../nn/parameters';
import { convNorm, repVgg } from '../../nn/rules';
import type { DeimV2Config } from './config';

function conv(name: string, input: number, output: number, kernel: number): ParameterRule[] {
  return convNorm('encoder', name, `${name}.conv`, `${name}.norm`, { input, output, kernel });
}

/** 1x1 convolution to two halves; RepVGG blocks on the second; their sum. Then a 3x3 convolution (<name>.1). */
function cspRules(name: string, input: number, width: number, bottlenecks: number): ParameterRule[] {
  return [
    ...conv(`${name}.0.conv1`, input, 2 * width, 1),
    ...Array.from({ length: bottlenecks }, (_, i) => repVgg('encoder', `${name}.0.bottlenecks.${i}`, width)).flat(),
    ...conv(`${name}.1`, width, width, 3),
  ];
}

function fusionRules(name: string, width: number, inner: number, bottlenecks: number): ParameterRule[] {
  return [
    ...conv(`${name}.cv1`, width, 2 * width, 1),
    ...cspRules(`${name}.cv2`, width, inner, bottlenecks),
    ...cspRules(`${name}.cv3`, inner, inner, bottlenecks),
    ...conv(`${name}.cv4`, 2 * width + 2 * inner, width, 1),
  ];
}

/** Python's round(expansion * width // 2). */
const innerWidth = ({ width, expansion }: DeimV2Config['encoder']): number =>
  Math.round(Math.floor((expansion * width) / 2));

export function encoderRules({ stages, encoder }: DeimV2Config): ParameterRule[] {
  const { width, bottlenecks } = encoder;
  const square = { input: width, output: width, kernel: 1 };
  const inner = innerWidth(encoder);
  return [
    ...conv('encoder.input_proj.0', stages[stages.length - 1]!.output, width, 1),
    ...['encoder.down_sample1', 'encoder.down_sample2'].flatMap((name) =>
      convNorm('encoder', name, `${name}.1`, `${name}.2`, square),
    ),
    ...conv('encoder.bi_fusion.cv', width, width, 1),
    ...fusionRules('encoder.fpn_block', width, inner, bottlenecks),
    ...fusionRules('encoder.pan_block', width, inner, bottlenecks),
  ];
}

const silu = { activation: 'silu' } as const;

function csp(p: Parameters, name: string, x: tf.Tensor4D, bottlenecks: number): tf.Tensor4D {
  const [kept, worked] = tf.split(convolution(p, `${name}.0.conv1`, x, silu), 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  let y = worked;
  for (let i = 0; i < bottlenecks; i++) {
    const last = i === bottlenecks - 1 ? { residual: kept } : {};
    y = convolution(p, `${name}.0.bottlenecks.${i}`, y, { ...silu, ...last });
  }
  return convolution(p, `${name}.1`, bottlenecks === 0 ? tf.add(kept, y) : y, silu);
}

function fusion(p: Parameters, name: string, x: tf.Tensor4D, bottlenecks: number): tf.Tensor4D {
  const [a, b] = tf.split(convolution(p, `${name}.cv1`, x, silu), 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  const second = csp(p, `${name}.cv2`, b, bottlenecks);
  const third = csp(p, `${name}.cv3`, second, bottlenecks);
  return convolution(p, `${name}.cv4`, tf.concat([a, b, second, third], 3), silu);
}

/** Average of 3x3 with stride 2, zeros outside counted (torch's AvgPool2d(3, 2, 1)), 1x1 convolution, SiLU. */
function downsample(p: Parameters, name: string, x: tf.Tensor4D, residual?: tf.Tensor4D): tf.Tensor4D {
  const ninth = tf.fill([3, 3, x.shape[3], 1], 1 / 9) as tf.Tensor4D;
  const pooled = depthwiseConv2d(x, ninth, { strides: [2, 2], padding: halfPadding(3), activation: 'none' });
  return convolution(p, name, pooled, residual ? { ...silu, residual } : silu);
}

/** @param feature [B,h,w,C] at stride 16 @returns the fused levels at strides 16 and 32, [B,h,w,D] and [B,h/2,w/2,D] */
export function runEncoder(p: Parameters, c: DeimV2Config, feature: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
  const { bottlenecks } = c.encoder;
  const [x16, x32] = scoped('projection', () => {
    const x16 = convolution(p, 'encoder.input_proj.0', feature);
    const pooled = downsample(p, 'encoder.down_sample1', x16);
    return [x16, convolution(p, 'encoder.bi_fusion.cv', tf.add(pooled, mean(pooled, [1, 2], true)), silu)] as const;
  });
  const fine = scoped('top-down', () => fusion(p, 'encoder.fpn_block', upsampleAdd(x16, x32), bottlenecks));
  const coarse = scoped('bottom-up', () =>
    fusion(p, 'encoder.pan_block', downsample(p, 'encoder.down_sample2', fine, x32), bottlenecks),
  );
  return [fine, coarse];
}
