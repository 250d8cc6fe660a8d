/** backbone_config of RT-DETR: its ResNet-vd (model_type rt_detr_resnet) as the hub's files have it. */
import type { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { ResNetConfig } from '../../nn/resnet/config';

/** Of stages 2, 3 and 4, counted from 0: strides 8, 16 and 32. */
const OUT = [1, 2, 3] as const;
const STAGES = 4;
/** A bottleneck's inner width is a quarter of its output. */
const REDUCTION = 4;

/**
 * @param file config.json
 * @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported
 */
export function readResNet(file: ConfigReader): ResNetConfig {
  file.oneOf('use_timm_backbone', [false], false);
  const b = file.section('backbone_config');
  b.oneOf('model_type', ['rt_detr_resnet']);
  b.oneOf('num_channels', [3], 3);
  b.oneOf('hidden_act', ['relu'], 'relu');
  // the stem is stage 0 in these indices
  const indices = b.has('out_indices') ? b.integers('out_indices', { min: 0 }) : OUT.map((stage) => stage + 1);
  const refuse = (message: string): never => {
    throw new DetectorError('unsupported', file.file, `backbone_config.${message}`);
  };
  if (indices.length !== OUT.length || indices.some((stage, i) => stage !== OUT[i]! + 1))
    refuse(`out_indices: expected [${OUT.map((stage) => stage + 1).join(', ')}], got [${indices.join(', ')}]`);
  const stemWidth = b.integer('embedding_size', { min: 2 });
  if (stemWidth % 2 !== 0) refuse(`embedding_size: expected an even number, got ${stemWidth}`);
  const block = b.oneOf('layer_type', ['basic', 'bottleneck']);
  const widths = b.integers('hidden_sizes', { length: STAGES });
  if (block === 'bottleneck' && widths.some((width) => width % REDUCTION !== 0))
    refuse(`hidden_sizes: expected multiples of ${REDUCTION} for bottlenecks, got [${widths.join(', ')}]`);
  return {
    naming: 'rt_detr',
    prefix: 'model.backbone.model.',
    block,
    stemWidth,
    widths,
    depths: b.integers('depths', { length: STAGES }),
    downsampleInFirstStage: b.oneOf('downsample_in_first_stage', [false], false),
    downsampleInBottleneck: b.boolean('downsample_in_bottleneck', { otherwise: false }),
    out: OUT,
  };
}
