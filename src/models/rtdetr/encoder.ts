/**
 * From an image to the memory: the backbone's three levels projected, attention inside the coarsest, fusion (RT-DETR, arXiv
 * 2304.08069, section 4.2), projected once more.
 *
 * B batch, H x W pixels, h x w cells of a level, N cells of all levels, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';
import { convolution } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { runResNet } from '../../nn/resnet/run';
import type { EncodeOptions, Memory } from '../detector';
import { runAifi } from '../hybrid-encoder/aifi';
import type { ByShape } from '../hybrid-encoder/by-shape';
import { runCcfm } from '../hybrid-encoder/ccfm';
import type { RtDetrConfig } from './config';
import { attentionName, ENCODER, inputProjection, outputProjection } from './parameters';

/** Sine positions [1,h*w,D'] of a level. */
export type Positions = ByShape<{ positions: tf.Tensor3D }>;

const shapeOf = ({ shape }: tf.Tensor4D): LevelShape => [shape[1], shape[2]];

/** @param image [B,H,W,3] @returns tokens [B,N,D], finest level first */
export function encode(
  p: Parameters,
  c: RtDetrConfig,
  positions: Positions,
  image: tf.Tensor4D,
  { backbone = false }: EncodeOptions,
): Memory {
  const features = (): tf.Tensor4D[] => runResNet(p, c.backbone, image);
  const { aifi, attended, ccfm } = c.encoder;
  const levels = (backbone ? features() : untraced(features)).map((x, level) =>
    convolution(p, inputProjection(level), x),
  );
  attended.forEach((level, index) => {
    const x = levels[level]!;
    levels[level] = runAifi(p, attentionName(index), aifi, x, positions.at([shapeOf(x)]).positions);
  });
  const fused = runCcfm(p, ENCODER, ccfm, levels).map((x, level) => convolution(p, outputProjection(level), x));
  const tokens = fused.map((x): tf.Tensor3D => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]));
  return { tokens: tf.concat(tokens, 1), shapes: fused.map(shapeOf) };
}
