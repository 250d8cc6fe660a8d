/** HGNetV2's tensors: convolution, batch norm, ReLU and, where the checkpoint has them, learnable affine blocks. */
import type { ParameterRule } from '../parameters';
import { convNorm, plain, type ConvNormShape } from '../rules';
import type { HgnetConfig, HgnetStage } from './config';

interface Layer extends ConvNormShape {
  name: string;
  /** ReLU and, where the checkpoint has them, the affine block. */
  active: boolean;
}

function stemLayers({ naming, stem }: HgnetConfig): Layer[] {
  const [input, middle, output] = stem;
  const layer = (name: string, from: number, to: number, kernel: number): Layer => ({
    name: `${naming.stem}.${name}`,
    input: from,
    output: to,
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

function blockLayers(name: string, s: HgnetStage, input: number): Layer[] {
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

function stageLayers({ naming }: HgnetConfig, s: HgnetStage, index: number): Layer[] {
  const name = `${naming.stages}.${index}`;
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

function layersOf(c: HgnetConfig): Layer[] {
  return [...stemLayers(c), ...c.stages.flatMap((s, index) => stageLayers(c, s, index))];
}

/** Names of the layers that an affine block follows. */
export function affineNames(c: HgnetConfig): string[] {
  return c.affine
    ? layersOf(c)
        .filter(({ active }) => active)
        .map(({ name }) => name)
    : [];
}

/** Group 'backbone'; batch norm is folded into the convolution before it. */
export function hgnetRules(c: HgnetConfig): ParameterRule[] {
  const { conv, norm } = c.naming;
  const convolutions = layersOf(c).flatMap((layer) =>
    convNorm('backbone', layer.name, `${layer.name}.${conv}`, `${layer.name}.${norm}`, layer),
  );
  const affine = affineNames(c).flatMap((name) =>
    ['scale', 'bias'].map((part) => plain('backbone', `${name}.lab.${part}`, [1])),
  );
  return [...convolutions, ...affine];
}
