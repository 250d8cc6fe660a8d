/**
 * What a matrix product's operands must be, and its sizes.
 *
 * B batch, M rows, K inner length, N columns.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';

export interface Product {
  /** [..., M,K], or [..., K,M] when transposeA; [..., K,N], or [..., N,K] when transposeB (not both). */
  a: TensorInfo;
  /** float32, or packed halves (see ../halves/op.ts) of a matrix [K,N] that is not transposed. */
  b: TensorInfo;
  transposeA: boolean;
  transposeB: boolean;
  bias?: TensorInfo | undefined;
  residual?: TensorInfo | undefined;
}

export interface ProductSize {
  batch: number;
  rows: number;
  inner: number;
  columns: number;
  /** Matrices in a and in b: the batch or 1. */
  matrices: readonly [number, number];
  outShape: number[];
}

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Sizes of a product, or why there is none. */
export function productSize(
  a: readonly number[],
  b: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): ProductSize | string {
  if (a.length < 2 || b.length < 2) return `expected matrices, got [${a}] and [${b}]`;
  const [lastA, lastB] = [a.slice(-2) as [number, number], b.slice(-2) as [number, number]];
  const [rows, inner] = transposeA ? [lastA[1], lastA[0]] : lastA;
  const [innerB, columns] = transposeB ? [lastB[1], lastB[0]] : lastB;
  if (inner !== innerB) return `inner lengths differ: ${inner} of [${a}] and ${innerB} of [${b}]`;
  const [leadA, leadB] = [a.slice(0, -2), b.slice(0, -2)];
  const matrices = [count(leadA), count(leadB)] as const;
  if (matrices[0] !== 1 && matrices[1] !== 1 && leadA.join() !== leadB.join()) {
    return `expected equal leading axes or none in one of the two, got [${a}] and [${b}]`;
  }
  const lead =
    matrices[0] > matrices[1] || (matrices[0] === matrices[1] && leadA.length >= leadB.length) ? leadA : leadB;
  return { batch: Math.max(...matrices), rows, inner, columns, matrices, outShape: [...lead, rows, columns] };
}
