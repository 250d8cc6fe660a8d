/**
 * Who attends to whom in a decoder layer's self-attention: all queries of a row to each other, or only some of them, or queries
 * that differ from rollout to rollout to those that all rollouts of an image have in common.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), E queries of a row, O more of its image, A that are asked for, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { gatherTokens } from '../kernels/gather-tokens/op';
import { seatTogether } from '../kernels/seats/op';
import { retraced } from '../kernels/untraced';

/** What enters a layer. */
export interface QueryState {
  /** [R,E,D] */
  queries: tf.Tensor3D;
  /** [R,E,4] cxcywh as fractions. */
  boxes: tf.Tensor3D;
}

/** What the queries of a state are to each other, whoever is asked for; [R,E,D], and keys and values [R,E+O,D]. */
interface Gathering {
  /** Of the boxes of the state's own queries. */
  position: tf.Tensor3D;
  /** The state's own queries with their position added. */
  placed: tf.Tensor3D;
  keys: tf.Tensor3D;
  values: tf.Tensor3D;
}

/** The gathering of one state under one set of weights, to be used again: traced, whoever asks first. */
export interface Memo {
  gathering?: Gathering;
}

export interface Company {
  /** [B,O,.] queries that are the same in all rollouts of an image: they are attended to, and nothing else is made of them. */
  others?: QueryState | undefined;
  /** [R,A] int32 indices into E: what the layer makes of these queries is wanted alone. */
  at?: tf.Tensor2D | undefined;
  memo?: Memo | undefined;
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
  const width = parts[0]!.shape[2];
  return tf.concat(
    parts.map((part) => tf.reshape(part, [1, part.size / width, width]) as tf.Tensor3D),
    1,
  );
}

function gatherAlone({ queries, boxes }: QueryState, { position, key, value }: Reading): Gathering {
  const places = position(boxes);
  const placed = tf.add(queries, places) as tf.Tensor3D;
  return { position: places, placed, keys: key(placed), values: value(queries) };
}

function gatherWith(state: QueryState, others: QueryState, { position, key, value }: Reading): Gathering {
  const [rows, own, width] = state.queries.shape;
  const [images, count] = others.queries.shape;
  const seats = { rows, rollouts: rows / images, own, others: count };
  const queries = endToEnd([state.queries, others.queries]);
  const places = position(endToEnd([state.boxes, others.boxes]));
  const placed = tf.add(queries, places) as tf.Tensor3D;
  const ofState = (x: tf.Tensor3D): tf.Tensor3D =>
    tf.reshape(tf.slice(x, [0, 0, 0], [1, rows * own, width]), state.queries.shape);
  return {
    position: ofState(places),
    placed: ofState(placed),
    keys: seatTogether(key(placed), seats),
    values: seatTogether(value(queries), seats),
  };
}

/** What a self-attention needs of the queries that are asked for, and of all that they attend to. */
export function meet(state: QueryState, { others, at, memo }: Company, reading: Reading): Meeting {
  const gathered = (): Gathering => (others ? gatherWith(state, others, reading) : gatherAlone(state, reading));
  const { position, placed, keys, values } = memo ? (memo.gathering ??= retraced(gathered)) : gathered();
  if (!at) return { own: state, position, placed, keys, values };
  const own = { queries: gatherTokens(state.queries, at), boxes: gatherTokens(state.boxes, at) };
  return { own, position: gatherTokens(position, at), placed: gatherTokens(placed, at), keys, values };
}
