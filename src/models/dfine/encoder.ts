/**
 * D-FINE's hybrid encoder (arXiv 2410.13842, section 4; RT-DETR's, arXiv 2304.08069, section 4.2): the backbone's levels
 * projected to one width, attention inside the coarsest, fusion by convolutions.
 *
 * B batch, h x w cells of a level, N tokens of all levels, I backbone channels, D the decoder's width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../../lib/clusters';
import { scoped } from '../../kernels/scope';
import { convolution } from '../../nn/layers';
import type { LevelShape } from '../../nn/geometry';
import type { ParameterRule, Parameters } from '../../nn/parameters';
import { convNorm } from '../../nn/rules';
import type { ClusteredMemory, Memory } from '../detector';
import { tidyMemory } from '../encode-image';
import { aifiRules, runAifi } from '../hybrid-encoder/aifi';
import { attendClustered, type AttendedLevel } from '../hybrid-encoder/aifi-clustered';
import { rowColumnPositions } from '../hybrid-encoder/positions';
import type { DFineConfig } from './config';
import { fusionRules, runFusion } from './fusion';

const INPUT = 'model.encoder_input_proj';
const OUTPUT = 'model.decoder_input_proj';
const ENCODER = 'model.encoder';

/** Only where encoder and decoder differ in width is there a projection between them. */
const projects = ({ encoder, width }: DFineConfig): boolean => encoder.fusion.width !== width;

function projection(name: string, input: number, output: number): ParameterRule[] {
  return convNorm('encoder', name, `${name}.0`, `${name}.1`, { input, output, kernel: 1 });
}

export function encoderRules(c: DFineConfig): ParameterRule[] {
  const { aifi, attended, fusion } = c.encoder;
  const channels = c.backbone.out.map((stage) => c.backbone.stages[stage]!.output);
  return [
    ...channels.flatMap((input, level) => projection(`${INPUT}.${level}`, input, fusion.width)),
    ...attended.flatMap((_, index) => aifiRules(`${ENCODER}.encoder.${index}`, aifi)),
    ...fusionRules(ENCODER, fusion),
    ...(projects(c) ? channels.flatMap((_, level) => projection(`${OUTPUT}.${level}`, fusion.width, c.width)) : []),
  ];
}

/** Sine positions of the cells of every attended level, [1,h*w,width] each, by the level's number. */
export function attendedPositions(
  { encoder }: DFineConfig,
  shapes: readonly LevelShape[],
): Record<string, tf.Tensor3D> {
  const { aifi, attended, temperature } = encoder;
  return Object.fromEntries(
    attended.map((level) => {
      const [h, w] = shapes[level]!;
      const values = rowColumnPositions([h, w], aifi.width, temperature);
      return [String(level), tf.tensor3d(values, [1, h * w, aifi.width])];
    }),
  );
}

/** What the encoder reads beside the backbone's features. */
export interface EncoderRun {
  p: Parameters;
  c: DFineConfig;
  /** As `attendedPositions` gives them. */
  positionsFor(shapes: readonly LevelShape[]): Record<string, tf.Tensor3D>;
}

const shapesOf = (levels: readonly tf.Tensor4D[]): LevelShape[] =>
  levels.map(({ shape }): LevelShape => [shape[1], shape[2]]);

/** @param features [B,h,w,I] of the backbone, finest first */
const enter = ({ p }: EncoderRun, features: readonly tf.Tensor4D[]): tf.Tensor4D[] =>
  features.map((x, level) => convolution(p, `${INPUT}.${level}`, x));

/** Where there is attention, and its positions. */
function attendedIn({ c, positionsFor }: EncoderRun, levels: readonly tf.Tensor4D[]): AttendedLevel[] {
  const positions = positionsFor(shapesOf(levels));
  return c.encoder.attended.map((level, index) => ({
    name: `${ENCODER}.encoder.${index}`,
    level,
    positions: positions[String(level)]!,
  }));
}

/** Levels -> memory. */
function fuse({ p, c }: EncoderRun, levels: readonly tf.Tensor4D[]): Memory {
  const tokens = runFusion(p, ENCODER, c.encoder.fusion, levels).map((x, level) => {
    const read = projects(c) ? convolution(p, `${OUTPUT}.${level}`, x) : x;
    return tf.reshape(read, [read.shape[0], read.shape[1] * read.shape[2], c.width]) as tf.Tensor3D;
  });
  return { tokens: tf.concat(tokens, 1), shapes: shapesOf(levels) };
}

/** @param features [B,h,w,I] of the backbone, finest first */
export function runEncoder(run: EncoderRun, features: readonly tf.Tensor4D[]): Memory {
  const levels = scoped('projection', () => enter(run, features));
  for (const { name, level, positions } of attendedIn(run, levels))
    levels[level] = runAifi(run.p, name, run.c.encoder.aifi, levels[level]!, positions);
  return scoped('fusion', () => fuse(run, levels));
}

/** As `runEncoder`, with clusters. Not inside tf.tidy; the memory is the caller's. @param features of the backbone, made in a tidy */
export async function runClusteredEncoder(
  run: EncoderRun,
  features: () => readonly tf.Tensor4D[],
  settings: ClusterSettings,
): Promise<ClusteredMemory> {
  const entered = tf.tidy(() => enter(run, features()));
  const at = attendedIn(run, entered);
  const { levels, layers } = await attendClustered(run.p, run.c.encoder.aifi, entered, at, settings);
  const memory = tidyMemory(() => fuse(run, levels));
  tf.dispose(levels);
  return { memory, layers };
}
