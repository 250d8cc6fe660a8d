/** Plain loops. B batch, N tokens, Q queries, C channels. */

type Shape = readonly number[];

/** @param tokens [B,N,C] @param indices [B,Q] @returns [B,Q,C] */
export function gatherReference(
  tokens: Float32Array,
  indices: ArrayLike<number>,
  [B, N, C]: Shape,
  Q: number,
): Float32Array {
  const out = new Float32Array(B! * Q * C!);
  for (let b = 0; b < B!; b++)
    for (let q = 0; q < Q; q++)
      for (let c = 0; c < C!; c++) out[(b * Q + q) * C! + c] = tokens[(b * N! + indices[b * Q + q]!) * C! + c]!;
  return out;
}

/** @param indices [B,Q] @returns [B,N]: the first query that reads a token, Q where none does */
export function firstReference(indices: ArrayLike<number>, [B, N]: Shape, Q: number): Int32Array {
  const first = new Int32Array(B! * N!).fill(Q);
  for (let b = 0; b < B!; b++) for (let q = Q - 1; q >= 0; q--) first[b * N! + indices[b * Q + q]!] = q;
  return first;
}

/** The gradient of the tokens. @param dy [B,Q,C] @returns [B,N,C] */
export function scatterReference(
  dy: Float32Array,
  indices: ArrayLike<number>,
  [B, N, C]: Shape,
  Q: number,
): Float32Array {
  const out = new Float32Array(B! * N! * C!);
  for (let b = 0; b < B!; b++)
    for (let q = 0; q < Q; q++)
      for (let c = 0; c < C!; c++) out[(b * N! + indices[b * Q + q]!) * C! + c]! += dy[(b * Q + q) * C! + c]!;
  return out;
}
