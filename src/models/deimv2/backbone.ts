/** DEIMv2's backbone: HGNetV2, D-FINE's too, up to stride 16 by its authors' names. */
import type { HgnetConfig } from '../../nn/hgnet/config';
import { STEM, type DeimV2Config } from './config';

const NAMING = { stem: 'backbone.stem', stages: 'backbone.stages', conv: 'conv', norm: 'bn' };

export function backboneOf({ stages, affine }: DeimV2Config): HgnetConfig {
  return { naming: NAMING, stem: STEM, stages, affine };
}
