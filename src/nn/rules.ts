/**
 * Rules for the usual layers: PyTorch's tensors in, our layout out.
 *
 * I input width, O output width, C channels, kh x kw kernel.
 */
import { convNormParts, fold, neutralGamma, ones, type ConvNormShape } from './batch-norm';
import type { ParameterGroup, ParameterRule } from './parameters';

export type { ConvNormShape };

export function plain(group: ParameterGroup, name: string, shape: readonly number[]): ParameterRule {
  return { name, group, shape, parts: [{ tensor: name, shape }], build: ([values]) => values! };
}

/** [rows, columns] -> [columns, rows] */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

/** nn.Linear: <name>.weight [O,I] -> [I,O], <name>.bias [O]. */
export function linear(group: ParameterGroup, name: string, input: number, output: number): ParameterRule[] {
  return [
    {
      name: `${name}.weight`,
      group,
      shape: [input, output],
      parts: [{ tensor: `${name}.weight`, shape: [output, input] }],
      build: ([weight]) => transposed(weight!, output, input),
      product: true,
    },
    plain(group, `${name}.bias`, [output]),
  ];
}

/** nn.LayerNorm: <name>.weight and <name>.bias [width]. */
export function norm(group: ParameterGroup, name: string, width: number): ParameterRule[] {
  return ['weight', 'bias'].map((part) => plain(group, `${name}.${part}`, [width]));
}

/** nn.Embedding: <name>.weight [rows,width]. */
export function table(group: ParameterGroup, name: string, rows: number, width: number): ParameterRule[] {
  return [plain(group, `${name}.weight`, [rows, width])];
}

/** Several nn.Linear over the same input as one, outputs side by side: <names>.weight [O_i,I] -> <name>.weight [I,sum O]. */
export function joinedLinear(
  group: ParameterGroup,
  name: string,
  names: readonly string[],
  input: number,
  output: number,
): ParameterRule[] {
  const total = output * names.length;
  return [
    {
      name: `${name}.weight`,
      group,
      shape: [input, total],
      parts: names.map((part) => ({ tensor: `${part}.weight`, shape: [output, input] })),
      build: (weights) => transposed(joined(weights), total, input),
      product: true,
    },
    {
      name: `${name}.bias`,
      group,
      shape: [total],
      parts: names.map((part) => ({ tensor: `${part}.bias`, shape: [output] })),
      build: joined,
    },
  ];
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Rows of <tensor>.weight [O*n,I] and <tensor>.bias [O*n] as n linears <name>.0 .. <name>.<n-1> (nn.MultiheadAttention's in_proj). */
export function splitLinear(
  group: ParameterGroup,
  name: string,
  tensors: { weight: string; bias: string },
  names: readonly string[],
  input: number,
  output: number,
): ParameterRule[] {
  const rows = output * names.length;
  return names.flatMap((part, index) => [
    {
      name: `${name}.${part}.weight`,
      group,
      shape: [input, output],
      parts: [{ tensor: tensors.weight, shape: [rows, input] }],
      build: ([weight]: readonly Float32Array[]) =>
        transposed(weight!.subarray(index * output * input, (index + 1) * output * input), output, input),
    },
    {
      name: `${name}.${part}.bias`,
      group,
      shape: [output],
      parts: [{ tensor: tensors.bias, shape: [rows] }],
      build: ([bias]: readonly Float32Array[]) => bias!.slice(index * output, (index + 1) * output),
    },
  ]);
}

/** [O,I,kh,kw] -> [kh,kw,I,O] */
function toHwio(values: Float32Array, output: number, input: number, area: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let o = 0; o < output; o++)
    for (let i = 0; i < input; i++)
      for (let k = 0; k < area; k++) out[(k * input + i) * output + o] = values[(o * input + i) * area + k]!;
  return out;
}

/** nn.Conv2d with bias: <name>.weight [O,I,kh,kw] -> [kh,kw,I,O]; `stored` is the checkpoint's shape where it is another one of the same numbers. */
export function convolution(
  group: ParameterGroup,
  name: string,
  input: number,
  output: number,
  kernel: number,
  stored: readonly number[] = [output, input, kernel, kernel],
): ParameterRule[] {
  return [
    {
      name: `${name}.weight`,
      group,
      shape: [kernel, kernel, input, output],
      parts: [{ tensor: `${name}.weight`, shape: stored }],
      build: ([weight]) => toHwio(weight!, output, input, kernel * kernel),
    },
    plain(group, `${name}.bias`, [output]),
  ];
}

/** [kh,kw,I,O] -> [O,I,kh,kw] */
function toOihw(values: Float32Array, output: number, input: number, area: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let o = 0; o < output; o++)
    for (let i = 0; i < input; i++)
      for (let k = 0; k < area; k++) out[(o * input + i) * area + k] = values[(k * input + i) * output + o]!;
  return out;
}

/** Convolution and batch norm as one convolution <name>.weight [kh,kw,I,O] (depthwise [kh,kw,C,1]) with <name>.bias [O]. */
export function convNorm(
  group: ParameterGroup,
  name: string,
  conv: string,
  norm: string,
  shape: ConvNormShape,
): ParameterRule[] {
  const { input, output, kernel, depthwise } = shape;
  const parts = convNormParts(conv, norm, shape);
  return [
    {
      name: `${name}.weight`,
      group,
      shape: depthwise ? [kernel, kernel, output, 1] : [kernel, kernel, input, output],
      parts,
      build: (tensors) => toHwio(fold(tensors).weight, output, depthwise ? 1 : input, kernel * kernel),
      unfold: (values) => [
        toOihw(values, output, depthwise ? 1 : input, kernel * kernel),
        neutralGamma(output),
        null,
        null,
        ones(output),
      ],
    },
    {
      name: `${name}.bias`,
      group,
      shape: [output],
      parts,
      build: (tensors) => fold(tensors).bias,
      unfold: (values) => [null, null, values, new Float32Array(output), null],
    },
  ];
}

/**
 * RepVGG block (arXiv 2101.03697, section 3.3): a 3x3 and a 1x1 convolution, each with batch norm, summed, as one 3x3 convolution.
 * Tensors <name>.conv1.{conv,norm}.*, <name>.conv2.{conv,norm}.*; parameters <name>.weight [3,3,C,C], <name>.bias [C].
 */
export function repVgg(group: ParameterGroup, name: string, channels: number): ParameterRule[] {
  const square = { input: channels, output: channels };
  const parts = [
    ...convNormParts(`${name}.conv1.conv`, `${name}.conv1.norm`, { ...square, kernel: 3 }),
    ...convNormParts(`${name}.conv2.conv`, `${name}.conv2.norm`, { ...square, kernel: 1 }),
  ];
  const half = parts.length / 2;
  return [
    {
      name: `${name}.weight`,
      group,
      shape: [3, 3, channels, channels],
      parts,
      build: (tensors) => {
        const three = fold(tensors.slice(0, half)).weight;
        const one = fold(tensors.slice(half)).weight;
        const centre = 4;
        for (let k = 0; k < one.length; k++) three[k * 9 + centre]! += one[k]!;
        return toHwio(three, channels, channels, 9);
      },
      unfold: (values) => {
        const norm = [neutralGamma(channels), null, null, ones(channels)];
        return [toOihw(values, channels, channels, 9), ...norm, new Float32Array(channels ** 2), ...norm];
      },
    },
    {
      name: `${name}.bias`,
      group,
      shape: [channels],
      parts,
      build: (tensors) => {
        const three = fold(tensors.slice(0, half)).bias;
        const one = fold(tensors.slice(half)).bias;
        return three.map((value, o) => value + one[o]!);
      },
      unfold: (values) => {
        const none = new Float32Array(channels);
        return [null, null, values, none, null, null, null, none, none, null];
      },
    },
  ];
}
