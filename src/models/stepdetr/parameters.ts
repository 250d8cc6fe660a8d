/** StepDETR's tensors by name (../shared/reference/stepdetr.py's state_dict), and the groups that training switches. */
import type { ParameterGroup, ParameterRule } from '../../nn/parameters';
import { convolution, joinedLinear, linear, plain } from '../../nn/rules';
import type { StepDetrConfig } from './config';

/** Gate and up side by side as <name>.gate_up, and <name>.down. */
function swiglu(group: ParameterGroup, name: string, width: number, hidden: number): ParameterRule[] {
  return [
    ...joinedLinear(group, `${name}.gate_up`, [`${name}.gate`, `${name}.up`], width, hidden),
    ...linear(group, `${name}.down`, hidden, width),
  ];
}

function encoderBlock(c: StepDetrConfig, name: string): ParameterRule[] {
  const a = `${name}.attention`;
  return [
    plain('encoder', `${name}.attention_norm.weight`, [c.width]),
    ...linear('encoder', `${a}.query`, c.width, c.width),
    ...linear('encoder', `${a}.compress`, c.width, c.latent),
    plain('encoder', `${a}.latent_norm.weight`, [c.latent]),
    ...linear('encoder', `${a}.key`, c.latent, c.width),
    ...linear('encoder', `${a}.value`, c.latent, c.width),
    ...linear('encoder', `${a}.out`, c.width, c.width),
    plain('encoder', `${name}.ffn_norm.weight`, [c.width]),
    ...swiglu('encoder', `${name}.ffn`, c.width, c.encoderHidden),
  ];
}

function convBlock(c: StepDetrConfig, name: string): ParameterRule[] {
  return [
    plain('encoder', `${name}.norm.weight`, [c.width]),
    ...convolution('encoder', `${name}.conv`, c.width, c.width, 3),
  ];
}

function encoder(c: StepDetrConfig): ParameterRule[] {
  const entrance =
    c.patch === 0
      ? [
          ...linear('encoder', 'encoder.project16', c.backboneChannels[0], c.width),
          ...linear('encoder', 'encoder.project32', c.backboneChannels[1], c.width),
          ...convBlock(c, 'encoder.fuse16.0'),
          ...convBlock(c, 'encoder.fuse16.1'),
        ]
      : // A linear layer over the patch vector (channel, row, column) is a convolution whose stride is its kernel.
        convolution('encoder', 'encoder.project', 3, c.width, c.patch, [c.width, 3 * c.patch ** 2]);
  return [
    ...entrance,
    ...Array.from({ length: c.encoderBlocks }, (_, i) => encoderBlock(c, `encoder.blocks.${i}`)).flat(),
    ...convBlock(c, 'encoder.down'),
    ...convBlock(c, 'encoder.fuse32'),
    plain('encoder', 'encoder.norm.weight', [c.width]),
  ];
}

function decoderLayer(c: StepDetrConfig, name: string): ParameterRule[] {
  const samples = c.heads * (c.points[0] + c.points[1]);
  const square = ['query', 'key', 'value', 'out', 'cross.value', 'cross.out'];
  return [
    ...square.flatMap((part) => linear('decoder', `${name}.${part}`, c.width, c.width)),
    ...linear('decoder', `${name}.cross.offsets`, c.width, samples * 2),
    ...linear('decoder', `${name}.cross.weights`, c.width, samples),
    ...['self_norm', 'cross_norm', 'ffn_norm'].map((norm) => plain('decoder', `${name}.${norm}.weight`, [c.width])),
    ...swiglu('decoder', `${name}.ffn`, c.width, c.decoderHidden),
    plain('policy', `${name}.log_std`, [c.width]),
  ];
}

/** nn.Sequential of three linears with activations between: indices 0, 2, 4. */
function mlp(group: ParameterGroup, name: string, input: number, hidden: number, output: number): ParameterRule[] {
  return [
    ...linear(group, `${name}.0`, input, hidden),
    ...linear(group, `${name}.2`, hidden, hidden),
    ...linear(group, `${name}.4`, hidden, output),
  ];
}

/** The selection's and that of all layers. */
export const CLASS_HEADS = ['select_class', 'class_head'].map((name) => ({
  weight: `${name}.weight`,
  bias: `${name}.bias`,
}));

export function logStdNames({ decoderLayers }: StepDetrConfig): string[] {
  return Array.from({ length: decoderLayers }, (_, index) => `layers.${index}.log_std`);
}

export function stepDetrRules(c: StepDetrConfig): ParameterRule[] {
  return [
    ...encoder(c),
    ...Array.from({ length: c.decoderLayers }, (_, i) => decoderLayer(c, `layers.${i}`)).flat(),
    ...mlp('decoder', 'position', 4, c.width, c.width),
    ...linear('heads', 'class_head', c.width, c.classes),
    ...mlp('heads', 'box_head', c.width, c.width, 4),
    ...linear('heads', 'select_class', c.width, c.classes),
    ...mlp('heads', 'select_box', c.width, c.width, 4),
  ];
}
