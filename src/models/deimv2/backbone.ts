/**
 * HGNetV2 with learnable affine blocks (RT-DETR's and D-FINE's backbone): convolution, batch norm, ReLU, x * scale + shift.
 *
 * B batch, H x W cells, C channels. Names are the checkpoint's.
 */
import * as tf from '@tensorflow/tfjs-core';
import { depthwiseConv2d } from '../../kernels/depthwise-conv2d/op';
import { convolution, halfPadding, type ConvolutionOptions } from '../../nn/layers';
import type { Parameters, ParameterRule } from '../../nn/parameters';
import { convNorm, plain, type ConvNormShape } from '../../nn/rules';
import type { TensorSource } from '../../lib/tensor-source';
import { STEM, type DeimV2Config, type Stage } from './config';

/** scale and shift of every learnable affine block, by the name of its convolution; frozen with the backbone. */
export type AffineBlocks = ReadonlyMap<string, { scale: number; shift: number }>;

interface Layer extends ConvNormShape {
  name: string;
  /** ReLU and, where the checkpoint has them, the affine block. */
  active: boolean;
}

function stemLayers(): Layer[] {
  const [input, middle, output] = STEM;
  const layer = (name: string, i: number, o: number, kernel: number): Layer => ({
    name: `backbone.stem.${name}`,
    input: i,
    output: o,
    kernel,
    active: true,
  });
  return [
    layer('stem1', input, middle, 3),
    layer('stem2a', middle, middle / 2, 2),
    layer('stem2b', middle / 2, middle, 2),
    layer('stem3', middle * 2, middle, 3),
    layer('stem4', middle, output, 1),
  ];
}

function blockLayers(name: string, s: Stage, input: number): Layer[] {
  const inner = Array.from({ length: s.layers }, (_, i): Layer[] => {
    const from = i === 0 ? input : s.middle;
    const layer = `${name}.layers.${i}`;
    if (!s.light) return [{ name: layer, input: from, output: s.middle, kernel: s.kernel, active: true }];
    return [
      { name: `${layer}.conv1`, input: from, output: s.middle, kernel: 1, active: false },
      { name: `${layer}.conv2`, input: s.middle, output: s.middle, kernel: s.kernel, depthwise: true, active: true },
    ];
  }).flat();
  const total = input + s.layers * s.middle;
  return [
    ...inner,
    { name: `${name}.aggregation.0`, input: total, output: s.output / 2, kernel: 1, active: true },
    { name: `${name}.aggregation.1`, input: s.output / 2, output: s.output, kernel: 1, active: true },
  ];
}

function stageLayers(s: Stage, index: number): Layer[] {
  const name = `backbone.stages.${index}`;
  const downsample: Layer = {
    name: `${name}.downsample`,
    input: s.input,
    output: s.input,
    kernel: 3,
    depthwise: true,
    active: false,
  };
  const blocks = Array.from({ length: s.blocks }, (_, i) =>
    blockLayers(`${name}.blocks.${i}`, s, i === 0 ? s.input : s.output),
  );
  return [...(s.downsample ? [downsample] : []), ...blocks.flat()];
}

function layersOf(c: DeimV2Config): Layer[] {
  return [...stemLayers(), ...c.stages.flatMap(stageLayers)];
}

export function backboneRules(c: DeimV2Config): ParameterRule[] {
  return layersOf(c).flatMap((layer) => {
    const { name } = layer;
    const affine =
      c.affine && layer.active ? ['scale', 'bias'].map((part) => plain('backbone', `${name}.lab.${part}`, [1])) : [];
    return [...convNorm('backbone', name, `${name}.conv`, `${name}.bn`, layer), ...affine];
  });
}

/** Reads the affine blocks as plain numbers: they ride in the convolutions' uniforms. */
export function readAffineBlocks(c: DeimV2Config, source: TensorSource): AffineBlocks {
  const active = c.affine ? layersOf(c).filter((layer) => layer.active) : [];
  return new Map(
    active.map(({ name }) => [
      name,
      { scale: source.float32(`${name}.lab.scale`)[0]!, shift: source.float32(`${name}.lab.bias`)[0]! },
    ]),
  );
}

interface Run {
  p: Parameters;
  affine: AffineBlocks;
}

function relu({ affine }: Run, name: string): ConvolutionOptions {
  return { activation: 'relu', ...affine.get(name) };
}

function depthwise({ p }: Run, name: string, x: tf.Tensor4D, stride: number, options: ConvolutionOptions): tf.Tensor4D {
  const filter = p.get<tf.Rank.R4>(`${name}.weight`);
  const { padding = halfPadding(filter.shape[0]), ...rest } = options;
  return depthwiseConv2d(x, filter, {
    bias: p.get<tf.Rank.R1>(`${name}.bias`),
    strides: [stride, stride],
    padding,
    ...rest,
  });
}

const RIGHT_AND_BOTTOM = { top: 0, bottom: 1, left: 0, right: 1 };

function stem(run: Run, image: tf.Tensor4D): tf.Tensor4D {
  const conv = (name: string, x: tf.Tensor4D, options: ConvolutionOptions = {}): tf.Tensor4D =>
    convolution(run.p, `backbone.stem.${name}`, x, { ...relu(run, `backbone.stem.${name}`), ...options });
  const x = conv('stem1', image, { stride: 2 });
  const a = conv('stem2a', x, { padding: RIGHT_AND_BOTTOM });
  const b = conv('stem2b', a, { padding: RIGHT_AND_BOTTOM });
  const padded = tf.pad4d(x, [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]);
  const pooled = tf.maxPool(padded, 2, 1, 'valid');
  return conv('stem4', conv('stem3', tf.concat([pooled, b], 3), { stride: 2 }));
}

function block(run: Run, name: string, s: Stage, x: tf.Tensor4D, residual: boolean): tf.Tensor4D {
  const outputs = [x];
  for (let i = 0; i < s.layers; i++) {
    const layer = `${name}.layers.${i}`;
    const last = outputs[i]!;
    outputs.push(
      s.light
        ? depthwise(run, `${layer}.conv2`, convolution(run.p, `${layer}.conv1`, last), 1, relu(run, `${layer}.conv2`))
        : convolution(run.p, layer, last, relu(run, layer)),
    );
  }
  const squeezed = convolution(
    run.p,
    `${name}.aggregation.0`,
    tf.concat(outputs, 3),
    relu(run, `${name}.aggregation.0`),
  );
  return convolution(run.p, `${name}.aggregation.1`, squeezed, {
    ...relu(run, `${name}.aggregation.1`),
    ...(residual ? { residual: x } : {}),
  });
}

/** @param image [B,H,W,3] in 0..1, H and W multiples of 32 @returns the last stage's output at stride 16 */
export function runBackbone(p: Parameters, affine: AffineBlocks, c: DeimV2Config, image: tf.Tensor4D): tf.Tensor4D {
  const run = { p, affine };
  return c.stages.reduce(
    (x, s, index) => {
      const name = `backbone.stages.${index}`;
      let y = s.downsample ? depthwise(run, `${name}.downsample`, x, 2, {}) : x;
      for (let i = 0; i < s.blocks; i++) y = block(run, `${name}.blocks.${i}`, s, y, i > 0);
      return y;
    },
    stem(run, image),
  );
}
