/** The sizes of a timm ResNet as its weights tell them: resnet18 … resnet152 and narrower ones need no table. */
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import type { ResNetConfig } from './config';

/** How many blocks a stage has. */
function depthOf(source: TensorSource, stage: string): number {
  let depth = 0;
  while (source.names.includes(`${stage}.${depth}.conv1.weight`)) depth++;
  return depth;
}

/**
 * @param prefix what the names of its tensors begin with, the last full stop included
 * @param wanted see ResNetConfig
 * @throws DetectorError `checkpoint` where the file has no such ResNet
 */
export function timmResNet(
  source: TensorSource,
  prefix: string,
  wanted: Pick<ResNetConfig, 'dilation' | 'out'>,
): ResNetConfig {
  const stages = [1, 2, 3, 4].map((stage) => `${prefix}layer${stage}`);
  const missing = [`${prefix}conv1`, ...stages.map((stage) => `${stage}.0.conv1`)].find(
    (name) => !source.names.includes(`${name}.weight`),
  );
  if (missing)
    throw new DetectorError('checkpoint', source.name, `tensor ${missing}.weight is missing (expected timm's ResNet)`);
  const block = source.names.includes(`${stages[0]}.0.conv3.weight`) ? 'bottleneck' : 'basic';
  const last = block === 'basic' ? 'conv2' : 'conv3';
  return {
    ...wanted,
    naming: 'timm',
    prefix,
    block,
    stemWidth: source.shape(`${prefix}conv1.weight`)[0]!,
    widths: stages.map((stage) => source.shape(`${stage}.0.${last}.weight`)[0]!),
    depths: stages.map((stage) => depthOf(source, stage)),
  };
}
