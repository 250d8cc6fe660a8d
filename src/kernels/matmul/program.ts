/**
 * The matrix product's program: tile sizes, constants, uniforms.
 *
 * B batch, M rows, K inner length, N columns.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { EPILOGUE_SOURCE, withEpilogue, type EpilogueAttributes } from '../epilogue/program';
import { runTemplate } from '../template';
import { busyInvocations, pickTile } from '../tiling';
import source from './matmul.wgsl?raw';

export interface Product {
  /** [..., M,K], or [..., K,M] when transposeA; [..., K,N], or [..., N,K] when transposeB (not both). */
  a: TensorInfo;
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

/** Rows of one invocation. A transposed a is read four rows at a time. */
const TILES = [8, 4, 2, 1];
const TRANSPOSED_TILES = [8, 4];

export function runProduct(
  backend: WebGPUBackend,
  { a, b, transposeA, transposeB, bias, residual }: Product,
  { batch, rows, inner, columns, matrices, outShape }: ProductSize,
  epilogue: EpilogueAttributes,
): TensorInfo {
  const components = (length: number): 1 | 4 => (length % 4 === 0 ? 4 : 1);
  const ofA = components(transposeA ? rows : inner);
  const ofB = components(transposeB ? inner : columns);
  const others = batch * Math.ceil(columns / 4);
  const tile = pickTile({
    sizes: transposeA ? TRANSPOSED_TILES : TILES,
    length: rows,
    others,
    busy: busyInvocations(backend),
    loads: (size) => (transposeA ? size / 4 + 1 : size + 4),
    products: (size) => (transposeA ? size : size * 4),
  });
  const work = Math.ceil(rows / tile) * others;
  const shared = withEpilogue(columns, { a: [a, ofA], b: [b, ofB] }, { bias, residual }, epilogue);
  return runTemplate(backend, {
    ...shared,
    name: 'StepMatMul',
    template: source + EPILOGUE_SOURCE,
    output: { shape: outShape },
    work,
    constants: {
      ...shared.constants,
      ROWS: tile,
      QUADS: Math.ceil(tile / 4),
      TRANSPOSE_A: transposeA,
      TRANSPOSE_B: transposeB,
      VECTOR_A: ofA === 4,
      VECTOR_B: ofB === 4,
    },
    uniforms: {
      ...shared.uniforms,
      work: { i32: [work] },
      sizes: { i32: [rows, inner] },
      strides: { i32: [matrices[0] === 1 ? 0 : rows * inner, matrices[1] === 1 ? 0 : inner * columns] },
    },
  });
}
