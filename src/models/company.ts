/**
 * Who attends to whom in a decoder layer's self-attention: all queries of a row to each other, or only some of them, or queries
 * that differ from rollout to rollout to those that all rollouts of an image have in common.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), E queries of a row, O more of its image, A that are asked for, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { gatherTokens } from '../nn/geometry';
import { sideBySide } from './rows';

/** What enters a layer. */
export interface QueryState {
  /** [R,E,D] */
  queries: tf.Tensor3D;
  /** [R,E,4] cxcywh as fractions. */
  boxes: tf.Tensor3D;
}

export interface Company {
  /** [B,O,.] queries that are the same in all rollouts of an image: they are attended to, and nothing else is made of them. */
  others?: QueryState | undefined;
  /** [R,A] int32 indices into E: what the layer makes of these queries is wanted alone. */
  at?: tf.Tensor2D | undefined;
}

/** How a family reads queries and boxes. */
export interface Reading {
  /** Boxes [.,.,4] -> [.,.,D]. */
  position(boxes: tf.Tensor3D): tf.Tensor3D;
  /** Queries with their position added [.,.,D] -> [.,.,D]. */
  key(placed: tf.Tensor3D): tf.Tensor3D;
  /** Queries [.,.,D] -> [.,.,D]. */
  value(queries: tf.Tensor3D): tf.Tensor3D;
}

export interface Meeting {
  /** [R,A,.], or the state itself where all queries are wanted. */
  own: QueryState;
  /** [R,A,D] of the boxes of `own`. */
  position: tf.Tensor3D;
  /** [R,A,D] queries of `own` with their position added. */
  placed: tf.Tensor3D;
  /** [R,E+O,D] */
  keys: tf.Tensor3D;
  /** [R,E+O,D] */
  values: tf.Tensor3D;
}

/** All rows of the state, then those of the others, as one: [1, R E + B O, W], so that a layer runs once over both. */
function endToEnd(parts: readonly tf.Tensor3D[]): tf.Tensor3D {
  if (parts.length === 1) return parts[0]!;
  const width = parts[0]!.shape[2];
  return tf.concat(
    parts.map((part) => tf.reshape(part, [1, part.size / width, width]) as tf.Tensor3D),
    1,
  );
}

/** The way back from `endToEnd`. @param x of the same rows and any width */
function apart(x: tf.Tensor3D, parts: readonly tf.Tensor3D[]): tf.Tensor3D[] {
  if (parts.length === 1) return [x];
  const rows = parts.map(({ shape }) => shape[0] * shape[1]);
  return tf
    .split(x, rows, 1)
    .map((piece, at) => tf.reshape(piece, [parts[at]!.shape[0], parts[at]!.shape[1], x.shape[2]]) as tf.Tensor3D);
}

/** What a self-attention needs of the queries that are asked for, and of all that they attend to. */
export function meet(state: QueryState, { others, at }: Company, { position, key, value }: Reading): Meeting {
  const present = others ? [state, others] : [state];
  const each = present.map(({ queries }) => queries);
  const queries = endToEnd(each);
  const places = position(endToEnd(present.map(({ boxes }) => boxes)));
  const placed = tf.add(queries, places) as tf.Tensor3D;
  const pick = (x: tf.Tensor3D): tf.Tensor3D => (at ? gatherTokens(x, at) : x);
  return {
    own: at ? { queries: pick(state.queries), boxes: pick(state.boxes) } : state,
    position: pick(apart(places, each)[0]!),
    placed: pick(apart(placed, each)[0]!),
    keys: sideBySide(apart(key(placed), each)),
    values: sideBySide(apart(value(queries), each)),
  };
}
