/** Both kinds of ResNet against plain loops, at odd sizes; the families' tests hold them against PyTorch. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../../kernels/backend';
import { convolutionReference, convolutionShape } from '../../kernels/conv2d/reference';
import { relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import type { TensorSource } from '../../lib/tensor-source';
import { halfPadding } from '../layers';
import { Parameters } from '../parameters';
import type { ResNetConfig } from './config';
import { resNetRules } from './rules';
import { runResNet } from './run';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

type Shape4D = readonly [number, number, number, number];
interface Map4D {
  shape: Shape4D;
  values: ArrayLike<number>;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Random tensors, the variances positive. */
function randomSource(c: ResNetConfig): TensorSource {
  const shapes = new Map(resNetRules(c).flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape])));
  const names = [...shapes.keys()];
  const float32 = (tensor: string): Float32Array => {
    const values = numbers(size(shapes.get(tensor)!), names.indexOf(tensor) + 1);
    return tensor.endsWith('var') ? values.map((v) => 1 + v / 2) : values;
  };
  return { name: 'random', names, shape: (tensor) => shapes.get(tensor)!, float32 };
}

/** The loops below for one model's parameters. */
async function plainOf(p: Parameters) {
  const read = new Map<string, { shape: number[]; values: ArrayLike<number> }>();
  for (const name of p.names()) read.set(name, { shape: p.get(name).shape, values: await p.get(name).data() });
  return (x: Map4D, name: string, stride = 1, dilation = 1): Map4D => {
    const filter = read.get(`${name}.weight`)!;
    const options = {
      xShape: x.shape,
      filterShape: filter.shape as unknown as Shape4D,
      strides: [stride, stride] as const,
      padding: halfPadding(filter.shape[0]!, dilation),
      dilation,
      bias: read.get(`${name}.bias`)!.values,
    };
    return { shape: convolutionShape(options), values: convolutionReference(x.values, filter.values, options) };
  };
}

const relu = ({ shape, values }: Map4D): Map4D => ({ shape, values: Float64Array.from(values, (v) => Math.max(v, 0)) });
const add = (a: Map4D, b: Map4D): Map4D => ({
  shape: a.shape,
  values: Float64Array.from(a.values, (v, i) => v + b.values[i]!),
});

/** `reduce` over the cells that there are of windows of `kernel` cells, every two cells, `before` cells early. */
function pooled(x: Map4D, kernel: number, before: number, reduce: (cells: number[]) => number): Map4D {
  const [B, H, W, C] = x.shape;
  const shape: Shape4D = [B, Math.ceil(H / 2), Math.ceil(W / 2), C];
  const inside = (at: number, length: number): number[] =>
    Array.from({ length: kernel }, (_, k) => 2 * at - before + k).filter((i) => i >= 0 && i < length);
  const values = new Float64Array(size(shape));
  for (let b = 0, at = 0; b < B; b++)
    for (let y = 0; y < shape[1]; y++)
      for (let x_ = 0; x_ < shape[2]; x_++)
        for (let c = 0; c < C; c++)
          values[at++] = reduce(
            inside(y, H).flatMap((iy) => inside(x_, W).map((ix) => x.values[((b * H + iy) * W + ix) * C + c]!)),
          );
  return { shape, values };
}
const maxPooled = (x: Map4D): Map4D => pooled(x, 3, 1, (cells) => Math.max(...cells));
const averaged = (x: Map4D): Map4D => pooled(x, 2, 0, (cells) => cells.reduce((a, b) => a + b) / cells.length);

const IMAGE: Shape4D = [2, 19, 26, 3];

async function expectFeatures(c: ResNetConfig, expected: (p: Parameters, image: Map4D) => Promise<Map4D[]>) {
  const p = Parameters.load(resNetRules(c), randomSource(c));
  const image = { shape: IMAGE, values: numbers(size(IMAGE), 99) };
  const features = runResNet(p, c, tf.tensor4d(image.values, [...IMAGE]));
  const plain = await expected(p, image);
  expect(features.map(({ shape }) => shape)).toEqual(plain.map(({ shape }) => [...shape]));
  for (const [at, feature] of features.entries())
    expect(relativeL2(await feature.data(), plain[at]!.values), `feature ${at}`).toBeLessThanOrEqual(1e-5);
  p.dispose();
}

test('RT-DETR’s: deep stem, averages in the shortcut', async () => {
  const c: ResNetConfig = {
    naming: 'rt_detr',
    prefix: '',
    block: 'basic',
    stemWidth: 4,
    widths: [4, 6],
    depths: [1, 2],
    out: [0, 1],
  };
  await expectFeatures(c, async (p, image) => {
    const conv = await plainOf(p);
    const stem = [0, 1, 2].reduce((x, i) => relu(conv(x, `embedder.embedder.${i}`, i === 0 ? 2 : 1)), image);
    const block = (x: Map4D, name: string, stride: number, shortcut: Map4D): Map4D =>
      relu(add(conv(relu(conv(x, `${name}.layer.0`, stride)), `${name}.layer.1`), shortcut));
    const [first, second] = ['encoder.stages.0.layers', 'encoder.stages.1.layers'];
    const x = maxPooled(stem);
    const a = block(x, `${first}.0`, 1, conv(x, `${first}.0.shortcut`));
    const b = block(a, `${second}.0`, 2, conv(averaged(a), `${second}.0.shortcut.1`));
    return [a, block(b, `${second}.1`, 1, b)];
  });
});

test('timm’s, the last stage dilated', async () => {
  const c: ResNetConfig = {
    naming: 'timm',
    prefix: '',
    block: 'bottleneck',
    stemWidth: 4,
    widths: [8, 12],
    depths: [1, 2],
    dilation: true,
    out: [1],
  };
  await expectFeatures(c, async (p, image) => {
    const conv = await plainOf(p);
    const block = (x: Map4D, name: string, dilation: number, shortcut: Map4D): Map4D => {
      const inner = relu(conv(relu(conv(x, `${name}.conv1`)), `${name}.conv2`, 1, dilation));
      return relu(add(conv(inner, `${name}.conv3`), shortcut));
    };
    const x = maxPooled(relu(conv(image, 'conv1', 2)));
    const a = block(x, 'layer1.0', 1, conv(x, 'layer1.0.downsample.0'));
    const b = block(a, 'layer2.0', 1, conv(a, 'layer2.0.downsample.0'));
    return [block(b, 'layer2.1', 2, b)];
  });
});
