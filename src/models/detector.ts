/**
 * What every family offers: a forward pass that shows each decoder layer as a step of an episode.
 *
 * B batch, Q queries, N memory tokens, C classes, D width, L decoder layers.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Scoring } from '../lib/set-prediction';
import type { LayerId, ModelFamily } from '../lib/types';
import type { LevelShape } from '../nn/geometry';
import type { ParameterRule, Parameters } from '../nn/parameters';
import type { Episode, EpisodeOptions } from './episode';
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
  /**
   * [B,N,D] what the cross attention of layer 1, …, L reads, in the memory of a trace: for further work with the same weights
   * (rollouts, denoising copies), which then shares the projection and its gradient.
   */
  values?: readonly tf.Tensor3D[];
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

/** The query selection alone. */
export interface Selection extends Pick<Trace, 'topk' | 'extras'> {
  first: LayerTrace;
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
  readonly scoring: Scoring;
  readonly parameters: Parameters;
  /** How `parameters` follow from the checkpoint, with the group of each; a frozen backbone's file stays apart. */
  readonly rules: readonly ParameterRule[];
  /** The parameters log_std [D] of layer 1, …, L. */
  readonly policy: readonly string[];
  /** Parameters of every class head, the selection's and the layers': weight [D,C] and bias [C]. */
  readonly classHeads: readonly { weight: string; bias: string }[];
  /** Numbers in all of the checkpoint's files. */
  readonly parameterCount: number;
  /** image [B,H,W,3] in the units of `preprocessing` -> memory. Run inside tf.tidy. */
  encode(image: tf.Tensor4D): Memory;
  /** Memory -> every layer's answer, without noise. Run inside tf.tidy. */
  decode(memory: Memory, options?: DecodeOptions): Trace;
  /**
   * Layers 1, …, L from queries [R,N,D] and boxes [R,N,4] of the caller's; rows do not see each other, and those of an image
   * follow each other (R a multiple of B). Run inside tf.tidy.
   */
  decodeFrom(memory: Memory, first: Pick<LayerTrace, 'hidden' | 'boxes'>): LayerTrace[];
  /** Memory -> queries and boxes that enter the first layer, the same as decode's. Run inside tf.tidy. */
  select(memory: Memory, options?: DecodeOptions): Selection;
  /**
   * The decoder as an episode over a memory that all rollouts of an image share.
   * @param first the query selection's answer for this memory: `decode(memory).layers[0]`, or `select(memory).first`
   */
  episode(memory: Memory, first: Pick<LayerTrace, 'hidden' | 'boxes'>, options: EpisodeOptions): Episode;
  /**
   * The same model over other weights of the same names and shapes (the copy from before a run, a moving average). Its
   * `dispose` does nothing: the weights are the caller's, everything else this detector's, which must outlive it.
   */
  sharing(parameters: Parameters): Detector;
  dispose(): void;
}
