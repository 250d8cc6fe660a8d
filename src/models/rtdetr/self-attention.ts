/**
 * The self-attention of a decoder layer of RT-DETR and of D-FINE, with company.
 *
 * R rows, E queries of a row, A of them that are asked for, S queries that they attend to, D width, M heads.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import { meet, type Company, type Meeting, type QueryState } from '../company';
import { look, settle } from '../post-norm';

/** Who meets, and how their family places boxes. */
export interface Gathering {
  /** [R,E,.] */
  state: QueryState;
  company: Company;
  /** Boxes [.,.,4] -> [.,.,D]. */
  position(boxes: tf.Tensor3D): tf.Tensor3D;
}

export interface Met extends Pick<Meeting, 'own' | 'position'> {
  /** [R,A,D] queries that have seen the others, normed. */
  first: tf.Tensor3D;
  /** [R,M,A,S] where they are wanted. */
  weights?: tf.Tensor4D;
}

/** @param name of <name>.{q,k,v,out}_proj and <name>_layer_norm @param wanted whether to give `weights` too */
export function meetOthers(
  p: Parameters,
  name: string,
  heads: number,
  { state, company, position: positionOf }: Gathering,
  wanted: boolean,
): Met {
  const { own, position, placed, keys, values } = meet(state, company, {
    position: positionOf,
    key: (others) => linear(p, `${name}.k_proj`, others),
    value: (queries) => linear(p, `${name}.v_proj`, queries),
  });
  const { seen, ...rest } = look(p, name, placed, { key: keys, value: values }, heads, { weights: wanted });
  return { own, position, first: settle(p, name, own.queries, seen), ...rest };
}
