/**
 * Programs over rows of numbers, as the norms have them: every row apart, or the columns summed up over all rows.
 *
 * R rows (the product of the leading axes), W width.
 */
import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Attributes } from '../fallback';
import { runProgram, type Program } from '../program';
import { vectorSize, vectorSource } from '../vectors/vectors';
import columnSumSource from './column-sum.wgsl?raw';
import residualEntrySource from './entry-with-residual.wgsl?raw';
import entrySource from './entry.wgsl?raw';

/** Threads that share a row, at most. One is best on SwiftShader, many on a GPU; with four the former loses little. */
const MOST_PARTS = 4;
/** Rows that one thread sums up for a sum over rows. */
const BLOCK = 32;

export interface Rows {
  backend: WebGPUBackend;
  rows: number;
  width: number;
  epsilon: number;
}

/** One program; inputs named in `scalars` (and the output, if `scalarOutput`) are not split into vectors. */
export interface Pass {
  name: string;
  source: string;
  inputs: Record<string, TensorInfo>;
  scalars?: readonly string[];
  scalarOutput?: boolean;
  shape: number[];
  work: number;
  uniforms?: Program['uniforms'];
}

export function rowsOf(backend: WebGPUBackend, x: TensorInfo, { epsilon }: Attributes): Rows {
  const width = x.shape[x.shape.length - 1]!;
  return { backend, rows: util.sizeFromShape(x.shape) / width, width, epsilon: epsilon as number };
}

/** Threads of a row: no more than it has vectors. */
export function partsOf(width: number): number {
  return Math.min(MOST_PARTS, width / vectorSize(width));
}

/** Flat, so that one pipeline serves every leading shape. */
export function flatRows({ rows, width }: Rows, tensor: TensorInfo): TensorInfo {
  return { ...tensor, shape: [rows, width] };
}

/** The WGSL has WIDTH (vectors of a row), NUMBERS (numbers of it), PARTS, BLOCK, `uniforms.total` (the work) and `uniforms.epsilon`. */
export function runRows({ backend, width, epsilon }: Rows, pass: Pass): TensorInfo {
  const vector = vectorSize(width);
  const componentsOf = (input: string): number => (pass.scalars?.includes(input) ? 1 : vector);
  return runProgram(backend, {
    name: `${pass.name}${vector}`,
    source: vectorSource(vector) + pass.source,
    inputs: pass.inputs,
    output: { shape: pass.shape },
    components: { output: pass.scalarOutput ? 1 : vector, inputs: Object.keys(pass.inputs).map(componentsOf) },
    work: pass.work,
    constants: { WIDTH: width / vector, NUMBERS: width, PARTS: partsOf(width), BLOCK },
    uniforms: { total: { i32: [pass.work] }, epsilon: { f32: [epsilon] }, ...pass.uniforms },
  });
}

/** WGSL of `entry(i)`, x or x + residual, to stand before a source that reads its rows by it. */
export function entryOf(residual: boolean): string {
  return residual ? residualEntrySource : entrySource;
}

/**
 * Sums over rows, by way of one partial sum for each block of BLOCK rows.
 * @param pass of the partial sums: its source has `uniforms.rows`, one thread a block and vector of columns
 * @param name of the program that adds them up
 * @returns [columns]
 */
export function sumOverRows(
  of: Rows,
  name: string,
  pass: Pick<Pass, 'name' | 'source' | 'inputs' | 'scalars'>,
): TensorInfo {
  const { backend, rows, width } = of;
  const blocks = Math.ceil(rows / BLOCK);
  const columns = width / vectorSize(width);
  const shares = runRows(of, {
    ...pass,
    shape: [blocks, width],
    work: blocks * columns,
    uniforms: { rows: { i32: [rows] } },
  });
  if (blocks === 1) return { ...shares, shape: [width] };
  const sum = runRows(of, {
    name,
    source: columnSumSource,
    inputs: { shares },
    shape: [width],
    work: columns,
    uniforms: { blocks: { i32: [blocks] } },
  });
  backend.disposeData(shares.dataId);
  return sum;
}
