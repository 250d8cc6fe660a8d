/** What a ResNet (arXiv 1512.03385) is made of: its convolutions with their batch norms, by the checkpoint's names. */
import { DetectorError } from '../../lib/errors';
import type { ConvNormShape } from '../rules';
import type { ResNetConfig } from './config';

/** A convolution and its batch norm: parameters <name>.weight and .bias. */
export interface Unit extends ConvNormShape {
  name: string;
  conv: string;
  norm: string;
  stride: number;
  dilation: number;
}

export interface Block {
  /** ReLU stands between them, and behind their sum with the shortcut. */
  units: Unit[];
  /** Without one the block's input is added as it is. */
  shortcut?: Unit & { pooled: boolean };
}

export interface Plan {
  stem: Unit[];
  stages: Block[][];
}

/** A bottleneck's inner width is its output's divided by this. */
const REDUCTION = 4;

type Part = Pick<Unit, 'input' | 'output' | 'kernel'> & Partial<Pick<Unit, 'stride' | 'dilation'>>;

function unit(c: ResNetConfig, name: string, names: readonly [conv: string, norm: string], part: Part): Unit {
  const [conv, norm] = names;
  return { stride: 1, dilation: 1, ...part, name: c.prefix + name, conv: c.prefix + conv, norm: c.prefix + norm };
}

/** A unit in HF's manner, which calls the two parts by what they are. */
function worded(c: ResNetConfig, name: string, part: Part): Unit {
  return unit(c, name, [`${name}.convolution`, `${name}.normalization`], part);
}

function stem(c: ResNetConfig): Unit[] {
  const output = c.stemWidth;
  if (c.naming === 'timm') return [unit(c, 'conv1', ['conv1', 'bn1'], { input: 3, output, kernel: 7, stride: 2 })];
  const parts: Part[] = [
    { input: 3, output: output / 2, kernel: 3, stride: 2 },
    { input: output / 2, output: output / 2, kernel: 3 },
    { input: output / 2, output, kernel: 3 },
  ];
  return parts.map((part, index) => worded(c, `embedder.embedder.${index}`, part));
}

/** A block's place: its name, channels in and out, the stride of its first, the dilations of its first and of later kernels. */
interface Place {
  name: string;
  input: number;
  output: number;
  stride: number;
  dilations: readonly [first: number, later: number];
  first: boolean;
}

function unitParts(c: ResNetConfig, { input, output, stride, dilations }: Place): Part[] {
  const [first, later] = dilations;
  if (c.block === 'basic')
    return [
      { input, output, kernel: 3, stride, dilation: first },
      { input: output, output, kernel: 3, dilation: later },
    ];
  const inner = output / REDUCTION;
  const early = c.downsampleInBottleneck === true;
  return [
    { input, output: inner, kernel: 1, stride: early ? stride : 1 },
    { input: inner, output: inner, kernel: 3, stride: early ? 1 : stride, dilation: first },
    { input: inner, output, kernel: 1 },
  ];
}

function timmBlock(c: ResNetConfig, place: Place): Block {
  const { name, input, output, stride } = place;
  const units = unitParts(c, place).map((part, index) =>
    unit(c, `${name}.conv${index + 1}`, [`${name}.conv${index + 1}`, `${name}.bn${index + 1}`], part),
  );
  if (stride === 1 && input === output) return { units };
  const [conv, norm] = [`${name}.downsample.0`, `${name}.downsample.1`];
  return { units, shortcut: { ...unit(c, conv, [conv, norm], { input, output, kernel: 1, stride }), pooled: false } };
}

/** A basic first block always projects, and takes averages where the width changes; a bottleneck where the size does. */
function rtDetrBlock(c: ResNetConfig, place: Place): Block {
  const { name, input, output, stride, first } = place;
  const units = unitParts(c, place).map((part, index) => worded(c, `${name}.layer.${index}`, part));
  const projects = c.block === 'basic' ? first : input !== output || stride !== 1;
  if (!projects) return { units };
  const pooled = c.block === 'basic' ? input !== output : stride !== 1;
  if (pooled && stride === 1)
    throw new DetectorError(
      'unsupported',
      'config.json',
      `embedding_size: expected ${output}, the first of hidden_sizes, before basic layers, got ${input}`,
    );
  const path = `${name}.shortcut${pooled ? '.1' : ''}`;
  return { units, shortcut: { ...worded(c, path, { input, output, kernel: 1, stride: pooled ? 1 : stride }), pooled } };
}

function stage(c: ResNetConfig, index: number): Block[] {
  const output = c.widths[index]!;
  const dilated = c.dilation === true && index === c.widths.length - 1;
  const halves = !dilated && (index > 0 || c.downsampleInFirstStage === true);
  return Array.from({ length: c.depths[index]! }, (_, at): Block => {
    const first = at === 0;
    const place: Place = {
      name: c.naming === 'timm' ? `layer${index + 1}.${at}` : `encoder.stages.${index}.layers.${at}`,
      input: first ? (c.widths[index - 1] ?? c.stemWidth) : output,
      output,
      stride: first && halves ? 2 : 1,
      // where the stride was taken away, the first kernel still reads neighbouring cells
      dilations: dilated ? [first ? 1 : 2, 2] : [1, 1],
      first,
    };
    return c.naming === 'timm' ? timmBlock(c, place) : rtDetrBlock(c, place);
  });
}

/** @throws DetectorError `unsupported` for widths that no shortcut of RT-DETR's basic layers joins */
export function planOf(c: ResNetConfig): Plan {
  return { stem: stem(c), stages: c.widths.map((_, index) => stage(c, index)) };
}
