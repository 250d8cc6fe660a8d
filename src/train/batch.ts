/**
 * What a step learns from.
 *
 * B images, N memory tokens, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Labels } from '../lib/set-prediction';
import type { Memory } from '../models/detector';
import { disposeMemory } from '../models/encode-image';
import type { KeptMemory } from './memories';

export interface BatchItem {
  /** The image's id in the data. */
  id: string;
  name: string;
  /** In class columns of the model; null: nobody has labelled it. */
  labels: Labels | null;
}

export interface Batch {
  items: readonly BatchItem[];
  /** [B,N,D] of a frozen encoder; else `images`. */
  memory?: Memory;
  /** [B,H,W,3] in the units of the model's preprocessing, where the encoder learns too. */
  images?: tf.Tensor4D;
  /** [B,H,W] 1 = pixel of `images`, 0 = padding; absent where there is none. */
  mask?: tf.Tensor3D;
  /** What a teacher says of the same views, in the student's class columns. */
  taught?: readonly Taught[];
}

/** A teacher's answer for one view. */
export interface Taught {
  /** [n,4] packed, cxcywh as fractions of the view: what it is fairly sure of. */
  boxes: Float32Array;
  /** [n,C] packed scores 0..1 in the student's class columns. */
  scores: Float32Array;
  /** [C] 1 for the classes that the teacher knows, 0 for those of which it says nothing; absent: it knows all. */
  known?: Float32Array;
  /** [N,C] packed scores at every place of the student's memory; absent where the teacher has no dense scores. */
  dense?: Float32Array;
  /** What the teacher's decoder read; absent where the student's encoder does not learn it. */
  memory?: KeptMemory;
}

/** Frees the batch's tensors. */
export function disposeBatch({ memory, images, mask }: Batch): void {
  if (memory) disposeMemory(memory);
  tf.dispose([images ?? [], mask ?? []]);
}

/** Places in the batch of the images that somebody has labelled. */
export function labelledPlaces({ items }: Batch): number[] {
  return items.flatMap(({ labels }, place) => (labels ? [place] : []));
}
