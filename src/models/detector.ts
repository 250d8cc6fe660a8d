/**
 * What every family offers: a forward pass that shows each decoder layer as a step of an episode.
 *
 * B batch, Q queries, N memory tokens, C classes, D width, L decoder layers.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../lib/clusters';
import type { Scoring } from '../lib/set-prediction';
import type { LayerId, ModelFamily } from '../lib/types';
import type { LayerClusters } from '../nn/clusters/cost';
import type { LevelShape } from '../nn/geometry';
import type { ParameterRule, Parameters } from '../nn/parameters';
import type { Episode, EpisodeOptions } from './episode';
import type { Preprocessing } from './preprocessing';
import type { SetLossRecipe } from './set-loss/recipe';

/** The answer of the query selection or of one decoder layer. */
export interface LayerTrace {
  layer: LayerId;
  /** [B,Q,C] before the sigmoid. */
  logits: tf.Tensor3D;
  /** [B,Q,4] cxcywh as fractions of the image. */
  boxes: tf.Tensor3D;
  /** [B,Q,D] object queries that leave the layer. */
  hidden: tf.Tensor3D;
  views?: LayerViews;
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
  /** [B,N] 1 where a token lies on the image, 0 on padding; absent where there is no padding. */
  mask?: tf.Tensor2D;
  /** [B,levels,2] (x, y): the part of each level's width and height that lies on the image; there where `mask` is. */
  ratios?: tf.Tensor3D;
}

export interface EncodeOptions {
  /** [B,H,W] 1 = pixel, 0 = padding at the right and the bottom; the image is 0 there. Only families with a `fit` read it. */
  mask?: tf.Tensor3D;
  /** Trace the backbone too, for its gradients; else it runs untraced, fused. */
  backbone?: boolean;
}

/** One encoder layer's clusters, over the cells of the level that it attends in. */
export interface EncoderClusters extends LayerClusters {
  shape: LevelShape;
}

/** A memory, and what clusters came to in each dense encoder layer; none without clusters. */
export interface ClusteredMemory {
  memory: Memory;
  layers: EncoderClusters[];
}

/** What enters the first decoder layer. */
export type First = Pick<LayerTrace, 'hidden' | 'boxes'>;

export interface Trace {
  memory: Memory;
  /** [B,Q] memory tokens that became queries, best first; absent where queries are learned. */
  topk?: tf.Tensor2D;
  /** Queries and boxes that enter layer 1. Where queries are learned boxes may be only points: then their width and height are 0. */
  first: First;
  /** select (only where there is a query selection), 1, …, L. */
  layers: LayerTrace[];
  /** What only this family has, by name (for training and for views). */
  extras: Record<string, tf.Tensor>;
}

/** The query selection alone. */
export interface Selection extends Pick<Trace, 'topk' | 'extras' | 'first'> {
  /** What the selection answers; absent where queries are learned. */
  answer?: LayerTrace;
}

export interface DecodeOptions {
  /** Also predict for every memory token ('select.logits' [B,N,C], 'select.boxes' [B,N,4] in extras), as the selection's loss wants it. */
  dense?: boolean;
  /** Also keep what each layer looked at, in `LayerTrace.views`. */
  views?: boolean;
}

/** What a decoder layer looked at; each where the family has it. M heads, K sampling points over all levels, n + 1 bins. */
export interface LayerViews {
  /** Deformable cross attention: places [B,Q,M,K,2] (x, y) as fractions of the image, and their weights [B,Q,M,K]. */
  places?: tf.Tensor5D;
  weights?: tf.Tensor4D;
  /** Dense cross attention [B,M,Q,N]. */
  cross?: tf.Tensor4D;
  /** Self-attention between queries [B,M,Q,Q]. */
  self?: tf.Tensor4D;
  /** Distribution of each edge [B,Q,4,n+1], probabilities, and what the bins stand for [n+1]: parts of the box's sides. */
  edges?: tf.Tensor4D;
  offsets?: tf.Tensor1D;
  /** [B,Q,D] or [1,Q,D] what a query's place adds to its content. */
  position?: tf.Tensor3D;
}

/** Layers 1, …, L of a trace. */
export const decoderLayers = ({ layers }: Pick<Trace, 'layers'>): LayerTrace[] =>
  layers.filter(({ layer }) => layer !== 'select');

/** The query selection's answer, where the family has one. */
export const selectionOf = ({ layers }: Pick<Trace, 'layers'>): LayerTrace | undefined =>
  layers.find(({ layer }) => layer === 'select');

export interface Detector {
  readonly family: ModelFamily;
  readonly classes: readonly string[];
  /** L */
  readonly layers: number;
  /** Q */
  readonly queries: number;
  readonly preprocessing: Preprocessing;
  /** Pixels of a cell of each memory level, where every memory token is a place that the selection answers for. */
  readonly strides?: readonly number[];
  readonly scoring: Scoring;
  /** The family's own set loss and matching. */
  readonly setLoss: SetLossRecipe;
  readonly parameters: Parameters;
  /** How `parameters` follow from the checkpoint, with the group of each; a frozen backbone's file stays apart. */
  readonly rules: readonly ParameterRule[];
  /** The parameters log_std [D] of layer 1, …, L. */
  readonly policy: readonly string[];
  /** Parameters of every class head, the selection's and the layers': weight [D,C] and bias [C]. */
  readonly classHeads: readonly { weight: string; bias: string }[];
  /** Every query has a place and a meaning of its own, learned: no other queries, as denoising has them, can go through the decoder. */
  readonly learnedQueries?: boolean;
  /** Parameter [C+1,D] that says what a denoising query claims to be, where the family has one; its last row is for padding. */
  readonly denoisingClasses?: string | undefined;
  /** Numbers in all of the checkpoint's files. */
  readonly parameterCount: number;
  /** image [B,H,W,3] in the units of `preprocessing` -> memory. Run inside tf.tidy. */
  encode(image: tf.Tensor4D, options?: EncodeOptions): Memory;
  /**
   * As `encode`, with clusters in the place of the encoder's queries (ACT, arXiv 2011.09315); only where the encoder has dense
   * attention. It waits for the clusters of each layer: not inside tf.tidy; inside `gradientsOf` it may be.
   * @returns a memory whose tensors are the caller's
   * @throws DetectorError `internal` for settings out of range
   */
  encodeClustered?(image: tf.Tensor4D, settings: ClusterSettings, options?: EncodeOptions): Promise<ClusteredMemory>;
  /** Memory -> every layer's answer, without noise. Run inside tf.tidy. */
  decode(memory: Memory, options?: DecodeOptions): Trace;
  /**
   * Layers 1, …, L from queries [R,N,D] and boxes [R,N,4] of the caller's; rows do not see each other, and those of an image
   * follow each other (R a multiple of B). Run inside tf.tidy.
   */
  decodeFrom(memory: Memory, first: First): LayerTrace[];
  /** Memory -> queries and boxes that enter the first layer, the same as decode's. Run inside tf.tidy. */
  select(memory: Memory, options?: DecodeOptions): Selection;
  /**
   * The decoder as an episode over a memory that all rollouts of an image share.
   * @param first the query selection's answer for this memory: `decode(memory).first`, or `select(memory).first`
   */
  episode(memory: Memory, first: First, options: EpisodeOptions): Episode;
  /**
   * The same model over other weights of the same names and shapes (the copy from before a run, a moving average). Its
   * `dispose` does nothing: the weights are the caller's, everything else this detector's, which must outlive it.
   */
  sharing(parameters: Parameters): Detector;
  dispose(): void;
}
