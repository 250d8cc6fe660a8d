/**
 * HGNetV2's forward pass.
 *
 * B batch, H x W cells, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { depthwiseConv2d } from '../../kernels/depthwise-conv2d/op';
import { scoped } from '../../kernels/scope';
import { chain } from '../chain';
import { convolution, halfPadding, type ConvolutionOptions } from '../layers';
import type { Parameters } from '../parameters';
import { activated, type AffineBlocks } from './affine';
import type { HgnetConfig, HgnetStage } from './config';

interface Run {
  p: Parameters;
  affine: AffineBlocks;
}

function convRelu(
  { p, affine }: Run,
  name: string,
  x: tf.Tensor4D,
  { residual, ...options }: ConvolutionOptions = {},
): tf.Tensor4D {
  return activated(p, affine, name, residual, (behind) => convolution(p, name, x, { ...options, ...behind }));
}

function depthwise(p: Parameters, name: string, x: tf.Tensor4D, stride: number, options: ConvolutionOptions) {
  const filter = p.get<tf.Rank.R4>(`${name}.weight`);
  return depthwiseConv2d(x, filter, {
    bias: p.get<tf.Rank.R1>(`${name}.bias`),
    strides: [stride, stride],
    padding: halfPadding(filter.shape[0]),
    ...options,
  });
}

const RIGHT_AND_BOTTOM = { top: 0, bottom: 1, left: 0, right: 1 };

function stem(run: Run, name: string, image: tf.Tensor4D): tf.Tensor4D {
  const x = convRelu(run, `${name}.stem1`, image, { stride: 2 });
  const a = convRelu(run, `${name}.stem2a`, x, { padding: RIGHT_AND_BOTTOM });
  const b = convRelu(run, `${name}.stem2b`, a, { padding: RIGHT_AND_BOTTOM });
  // the reference pads with zeros before it pools: where the affine block makes values negative, zero wins
  const padded = tf.pad4d(x, [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]);
  const pooled = tf.maxPool(padded, 2, 1, 'valid');
  const joined = tf.concat([pooled, b], 3);
  return convRelu(run, `${name}.stem4`, convRelu(run, `${name}.stem3`, joined, { stride: 2 }));
}

function layer(run: Run, name: string, s: HgnetStage, x: tf.Tensor4D): tf.Tensor4D {
  if (!s.light) return convRelu(run, name, x);
  const { p, affine } = run;
  const mixed = convolution(p, `${name}.conv1`, x);
  return activated(p, affine, `${name}.conv2`, undefined, (behind) => depthwise(p, `${name}.conv2`, mixed, 1, behind));
}

function block(run: Run, name: string, s: HgnetStage, x: tf.Tensor4D, residual: boolean): tf.Tensor4D {
  const outputs = [x];
  for (let i = 0; i < s.layers; i++) outputs.push(layer(run, `${name}.layers.${i}`, s, outputs[i]!));
  const squeezed = convRelu(run, `${name}.aggregation.0`, tf.concat(outputs, 3));
  return convRelu(run, `${name}.aggregation.1`, squeezed, residual ? { residual: x } : {});
}

/** @param image [B,H,W,3], H and W multiples of the last stride @returns every stage's output, finest first */
export function runHgnet(p: Parameters, affine: AffineBlocks, c: HgnetConfig, image: tf.Tensor4D): tf.Tensor4D[] {
  const run = { p, affine };
  let x = scoped('stem', () => chain(image, [(y) => stem(run, c.naming.stem, y)]));
  return c.stages.map((s, index) => {
    const name = `${c.naming.stages}.${index}`;
    const blocks = Array.from(
      { length: s.blocks },
      (_, i) => (y: tf.Tensor4D) => block(run, `${name}.blocks.${i}`, s, y, i > 0),
    );
    const smaller = s.downsample ? [(y: tf.Tensor4D) => depthwise(p, `${name}.downsample`, y, 2, {})] : [];
    x = scoped(`stage ${index + 1}`, () => chain(x, [...smaller, ...blocks]));
    return x;
  });
}
