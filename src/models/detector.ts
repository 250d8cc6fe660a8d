/**
 * What every family offers: a forward pass that shows each decoder layer as a step of an episode.
 *
 * B batch, Q queries, N memory tokens, C classes, D width, L decoder layers.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { LayerId, ModelFamily } from '../lib/types';
import type { LevelShape } from '../nn/geometry';
import type { Parameters } from '../nn/parameters';
import type { Preprocessing } from './preprocessing';

/** The answer of the query selection or of one decoder layer. */
export interface LayerTrace {
  layer: LayerId;
  /** [B,Q,C] before the sigmoid. */
  logits: tf.Tensor3D;
  /** [B,Q,4] cxcywh as fractions of the image. */
  boxes: tf.Tensor3D;
  /** [B,Q,D] object queries that leave the layer. */
  hidden: tf.Tensor3D;
}

export interface Memory {
  /** [B,N,D] */
  tokens: tf.Tensor3D;
  /** Cells of each level; their sum is N. */
  shapes: LevelShape[];
}

export interface Trace {
  memory: Memory;
  /** [B,Q] memory tokens that became queries, best first. */
  topk: tf.Tensor2D;
  /** select, 1, …, L. */
  layers: LayerTrace[];
  /** What only this family has, by name (for training and for views). */
  extras: Record<string, tf.Tensor>;
}

export interface DecodeOptions {
  /** Also predict for every memory token ('select.logits' [B,N,C], 'select.boxes' [B,N,4] in extras), as the selection's loss wants it. */
  dense?: boolean;
}

export interface Detector {
  readonly family: ModelFamily;
  readonly classes: readonly string[];
  /** L */
  readonly layers: number;
  /** Q */
  readonly queries: number;
  readonly preprocessing: Preprocessing;
  readonly parameters: Parameters;
  /** Numbers in all of the checkpoint's files. */
  readonly parameterCount: number;
  /** image [B,H,W,3] in the units of `preprocessing` -> memory. Run inside tf.tidy. */
  encode(image: tf.Tensor4D): Memory;
  /** Memory -> every layer's answer, without noise. Run inside tf.tidy. */
  decode(memory: Memory, options?: DecodeOptions): Trace;
  dispose(): void;
}
