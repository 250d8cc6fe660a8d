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
import { chooseSharing, sharingOf, type RowVariant } from './sharing';

/** The norms' name for `chooseVariant`; sizes are R and W. */
export const ROW_NORM = 'row norm';
/** Threads that write a row, each of which reads all of it. One is best on SwiftShader; with four it loses little. */
const MOST_ALONE = 4;
/** Rows that one thread sums up for a sum over rows. */
const BLOCK = 32;

export interface Rows {
  backend: WebGPUBackend;
  rows: number;
  width: number;
  epsilon: number;
  /** How threads share a row in `runEachRow`. */
  variant: RowVariant;
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
  constants?: Program['constants'];
  workgroupSize?: Program['workgroupSize'];
}

export function rowsOf(backend: WebGPUBackend, x: TensorInfo, { epsilon }: Attributes): Rows {
  const width = x.shape[x.shape.length - 1]!;
  const rows = util.sizeFromShape(x.shape) / width;
  const variant = chooseSharing(backend, ROW_NORM, rows, width);
  return { backend, rows, width, epsilon: epsilon as number, variant };
}

/** Flat, so that one pipeline serves every leading shape. */
export function flatRows({ rows, width }: Rows, tensor: TensorInfo): TensorInfo {
  return { ...tensor, shape: [rows, width] };
}

/** The WGSL has WIDTH (vectors of a row), NUMBERS (numbers of it), BLOCK, `uniforms.total` (the work) and `uniforms.epsilon`. */
function runPass({ backend, width, epsilon }: Rows, pass: Pass): TensorInfo {
  const vector = vectorSize(width);
  const componentsOf = (input: string): number => (pass.scalars?.includes(input) ? 1 : vector);
  return runProgram(backend, {
    name: `${pass.name}${vector}`,
    source: vectorSource(vector) + pass.source,
    inputs: pass.inputs,
    output: { shape: pass.shape },
    components: { output: pass.scalarOutput ? 1 : vector, inputs: Object.keys(pass.inputs).map(componentsOf) },
    work: pass.work,
    constants: { WIDTH: width / vector, NUMBERS: width, BLOCK, ...pass.constants },
    uniforms: { total: { i32: [pass.work] }, epsilon: { f32: [epsilon] }, ...pass.uniforms },
    ...(pass.workgroupSize && { workgroupSize: pass.workgroupSize }),
  });
}

/**
 * Runs a program on every row apart. Of a row's PARTS threads the one numbered `part` sums up the vectors `part % STEP`,
 * `+ STEP` ..; `rowSum` makes the row's sum of theirs. All threads must come to it: those past `uniforms.rows` too.
 */
export function runEachRow(of: Rows, pass: Omit<Pass, 'work' | 'uniforms'>): TensorInfo {
  const { backend, rows, width, variant } = of;
  const vectors = width / vectorSize(width);
  const sharing = sharingOf(backend.device, variant, vectors, pass.scalarOutput ? 1 : Math.min(MOST_ALONE, vectors));
  return runPass(of, {
    ...pass,
    name: `${pass.name} ${variant} `,
    source: sharing.source + pass.source,
    work: rows * sharing.constants.PARTS,
    workgroupSize: [sharing.workgroup, 1, 1],
    constants: sharing.constants,
    uniforms: { rows: { i32: [rows] } },
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
  const shares = runPass(of, {
    ...pass,
    shape: [blocks, width],
    work: blocks * columns,
    uniforms: { rows: { i32: [rows] } },
  });
  if (blocks === 1) return { ...shares, shape: [width] };
  const sum = runPass(of, {
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
