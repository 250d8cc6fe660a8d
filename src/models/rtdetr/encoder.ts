/**
 * From an image to the memory: the backbone's three levels projected, attention inside the coarsest, fusion (RT-DETR, arXiv
 * 2304.08069, section 4.2), projected once more.
 *
 * B batch, H x W pixels, h x w cells of a level, N cells of all levels, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../../lib/clusters';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import type { LevelShape } from '../../nn/geometry';
import { convolution } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { runResNet } from '../../nn/resnet/run';
import type { ClusteredMemory, EncodeOptions, Memory } from '../detector';
import { tidyMemory } from '../encode-image';
import { runAifi } from '../hybrid-encoder/aifi';
import { attendClustered, type AttendedLevel } from '../hybrid-encoder/aifi-clustered';
import type { ByShape } from '../hybrid-encoder/by-shape';
import { runCcfm } from '../hybrid-encoder/ccfm';
import type { RtDetrConfig } from './config';
import { attentionName, ENCODER, inputProjection, outputProjection } from './parameters';

/** Sine positions [1,h*w,D'] of a level. */
export type Positions = ByShape<{ positions: tf.Tensor3D }>;

const shapeOf = ({ shape }: tf.Tensor4D): LevelShape => [shape[1], shape[2]];

/** What the encoder reads beside its image. */
export interface EncoderRun {
  p: Parameters;
  c: RtDetrConfig;
  positions: Positions;
}

/** The backbone's levels [B,h,w,D], projected. */
function enter({ p, c }: EncoderRun, image: tf.Tensor4D, { backbone = false }: EncodeOptions): tf.Tensor4D[] {
  const run = (): tf.Tensor4D[] => scoped('backbone', () => runResNet(p, c.backbone, image));
  const features = backbone ? run() : untraced(run);
  return scoped('encoder/projection', () => features.map((x, level) => convolution(p, inputProjection(level), x)));
}

/** Where there is attention, and its positions. */
function attendedIn({ c, positions }: EncoderRun, levels: readonly tf.Tensor4D[]): AttendedLevel[] {
  return c.encoder.attended.map((level, index) => ({
    name: attentionName(index),
    level,
    positions: positions.at([shapeOf(levels[level]!)]).positions,
  }));
}

/** Levels -> memory. */
function fuse({ p, c }: EncoderRun, levels: readonly tf.Tensor4D[]): Memory {
  const fused = runCcfm(p, ENCODER, c.encoder.ccfm, levels).map((x, level) =>
    convolution(p, outputProjection(level), x),
  );
  const tokens = fused.map((x): tf.Tensor3D => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]));
  return { tokens: tf.concat(tokens, 1), shapes: fused.map(shapeOf) };
}

/** @param image [B,H,W,3] @returns tokens [B,N,D], finest level first */
export function encode(run: EncoderRun, image: tf.Tensor4D, options: EncodeOptions): Memory {
  const levels = enter(run, image, options);
  for (const { name, level, positions } of attendedIn(run, levels))
    levels[level] = scoped('encoder', () => runAifi(run.p, name, run.c.encoder.aifi, levels[level]!, positions));
  return scoped('encoder/fusion', () => fuse(run, levels));
}

/** As `encode`, with clusters. Not inside tf.tidy; the memory is the caller's. */
export async function encodeClustered(
  run: EncoderRun,
  image: tf.Tensor4D,
  settings: ClusterSettings,
  options: EncodeOptions,
): Promise<ClusteredMemory> {
  const entered = tf.tidy(() => enter(run, image, options));
  const at = attendedIn(run, entered);
  const { levels, layers } = await attendClustered(run.p, run.c.encoder.aifi, entered, at, settings);
  const memory = tidyMemory(() => fuse(run, levels));
  tf.dispose(levels);
  return { memory, layers };
}
