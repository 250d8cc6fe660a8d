import { describe, expect, test } from 'vitest';
import type { TensorSource } from '../../lib/tensor-source';
import type { ResNetConfig } from './config';
import { planOf } from './plan';
import { resNetRules } from './rules';
import { timmResNet } from './timm';

const SHARED = { stemWidth: 8, widths: [8, 16], depths: [1, 2], out: [0, 1] } as const;
const TIMM: ResNetConfig = { ...SHARED, naming: 'timm', prefix: 'm.', block: 'bottleneck' };
const RT_DETR: ResNetConfig = { ...SHARED, naming: 'rt_detr', prefix: 'm.', block: 'basic' };

/** Convolutions of the checkpoint that a configuration reads, with their shapes. */
function convolutions(c: ResNetConfig): Record<string, string> {
  const parts = resNetRules(c).flatMap((rule) => rule.parts);
  return Object.fromEntries(
    parts.filter(({ shape }) => shape.length === 4).map(({ tensor, shape }) => [tensor, shape.join()]),
  );
}

/** `kernel/stride` of every convolution of the blocks, `~2` behind it where it is dilated, the shortcut last. */
function geometry(c: ResNetConfig): string[][] {
  return planOf(c).stages.map((blocks) =>
    blocks.map(({ units, shortcut }) =>
      [...units, ...(shortcut ? [shortcut] : [])]
        .map(({ kernel, stride, dilation }) => `${kernel}/${stride}${dilation > 1 ? `~${dilation}` : ''}`)
        .join(' '),
    ),
  );
}

describe('names and shapes', () => {
  test('of timm', () => {
    expect(convolutions(TIMM)).toEqual({
      'm.conv1.weight': '8,3,7,7',
      'm.layer1.0.conv1.weight': '2,8,1,1',
      'm.layer1.0.conv2.weight': '2,2,3,3',
      'm.layer1.0.conv3.weight': '8,2,1,1',
      'm.layer2.0.conv1.weight': '4,8,1,1',
      'm.layer2.0.conv2.weight': '4,4,3,3',
      'm.layer2.0.conv3.weight': '16,4,1,1',
      'm.layer2.0.downsample.0.weight': '16,8,1,1',
      'm.layer2.1.conv1.weight': '4,16,1,1',
      'm.layer2.1.conv2.weight': '4,4,3,3',
      'm.layer2.1.conv3.weight': '16,4,1,1',
    });
    const names = resNetRules(TIMM).flatMap(({ parts }) => parts.map(({ tensor }) => tensor));
    expect(names).toContain('m.bn1.running_mean');
    expect(names).toContain('m.layer2.1.bn3.weight');
    expect(names).toContain('m.layer2.0.downsample.1.bias');
  });

  test('of RT-DETR', () => {
    expect(convolutions(RT_DETR)).toEqual({
      'm.embedder.embedder.0.convolution.weight': '4,3,3,3',
      'm.embedder.embedder.1.convolution.weight': '4,4,3,3',
      'm.embedder.embedder.2.convolution.weight': '8,4,3,3',
      'm.encoder.stages.0.layers.0.layer.0.convolution.weight': '8,8,3,3',
      'm.encoder.stages.0.layers.0.layer.1.convolution.weight': '8,8,3,3',
      'm.encoder.stages.0.layers.0.shortcut.convolution.weight': '8,8,1,1',
      'm.encoder.stages.1.layers.0.layer.0.convolution.weight': '16,8,3,3',
      'm.encoder.stages.1.layers.0.layer.1.convolution.weight': '16,16,3,3',
      'm.encoder.stages.1.layers.0.shortcut.1.convolution.weight': '16,8,1,1',
      'm.encoder.stages.1.layers.1.layer.0.convolution.weight': '16,16,3,3',
      'm.encoder.stages.1.layers.1.layer.1.convolution.weight': '16,16,3,3',
    });
    const names = resNetRules(RT_DETR).flatMap(({ parts }) => parts.map(({ tensor }) => tensor));
    expect(names).toContain('m.encoder.stages.1.layers.0.shortcut.1.normalization.running_var');
  });
});

test('strides and dilations', () => {
  expect(geometry(TIMM)).toEqual([['1/1 3/1 1/1'], ['1/1 3/2 1/1 1/2', '1/1 3/1 1/1']]);
  expect(geometry({ ...TIMM, dilation: true })[1]).toEqual(['1/1 3/1 1/1 1/1', '1/1 3/1~2 1/1']);
  expect(geometry({ ...TIMM, block: 'basic', dilation: true })[1]).toEqual(['3/1 3/1~2 1/1', '3/1~2 3/1~2']);
  expect(geometry(RT_DETR)).toEqual([['3/1 3/1 1/1'], ['3/2 3/1 1/1', '3/1 3/1']]);
  const early = {
    ...RT_DETR,
    block: 'bottleneck',
    downsampleInFirstStage: true,
    downsampleInBottleneck: true,
  } as const;
  expect(geometry(early)).toEqual([['1/2 3/1 1/1 1/1'], ['1/2 3/1 1/1 1/1', '1/1 3/1 1/1']]);
});

test('widths that no shortcut joins are refused', () => {
  expect(() => planOf({ ...RT_DETR, stemWidth: 4 })).toThrow('embedding_size: expected 8');
});

function sourceOf(c: ResNetConfig): TensorSource {
  const shapes = new Map(resNetRules(c).flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape])));
  return {
    name: 'model.safetensors',
    names: [...shapes.keys()],
    shape: (tensor) => shapes.get(tensor)!,
    float32: () => new Float32Array(0),
  };
}

test.each(['basic', 'bottleneck'] as const)('the sizes of a %s timm ResNet come from its weights', (block) => {
  const c: ResNetConfig = { ...TIMM, block, widths: [8, 16, 24, 32], depths: [1, 2, 3, 1], out: [3], dilation: true };
  expect(timmResNet(sourceOf(c), 'm.', { out: [3], dilation: true })).toEqual(c);
  expect(() => timmResNet(sourceOf(c), 'n.', { out: [3] })).toThrow('tensor n.conv1.weight is missing');
});
