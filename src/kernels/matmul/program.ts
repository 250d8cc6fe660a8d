/**
 * The matrix product's programs: tile sizes, constants, uniforms.
 *
 * B batch, M rows, K inner length, N columns.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { EPILOGUE_SOURCE, withEpilogue, type EpilogueAttributes } from '../epilogue/program';
import { runTemplate, type TemplateProgram } from '../template';
import { busyInvocations, isSoftware, pickTile } from '../tiling';
import { chooseVariant } from '../tuning/tuning';
import direct from './direct.wgsl?raw';
import operands from './operands.wgsl?raw';
import type { Product, ProductSize } from './size';
import split from './split.wgsl?raw';
import tile from './tile.wgsl?raw';
import { HALF_TILES, possibleVariants, QUADS, SPLIT, threads, tileOf, usualVariant } from './variants';

export { productSize, type Product, type ProductSize } from './size';

/** The kernel's name for `chooseVariant`: the layouts, and packed halves of b, cost differently. */
export function tuningName(transposeA: boolean, transposeB: boolean, halves = false): string {
  return `matmul${transposeA ? ' ta' : ''}${transposeB ? ' tb' : ''}${halves ? ' halves' : ''}`;
}

/** What a variant adds to the program that all of them share. */
type Own = Pick<TemplateProgram, 'template' | 'work' | 'workgroupSize'> & {
  constants: Record<string, number | boolean>;
  uniforms?: TemplateProgram['uniforms'];
};

/**
 * Times four columns that are done for all rows before the next ones. On lavapipe, beside other programs that use the cache:
 * 1024^3 8 times as fast as row by row, 400x256x1024 3 times; no difference at 400x256x1024 on SwiftShader.
 */
const STRIP = 16;
/** Rows of one invocation. A transposed a, or one that a quad shares, is read four rows at a time. */
const DIRECT_ROWS = [8, 4, 2, 1];
const FOURS_OF_ROWS = [8, 4];
/** 16 rows save another fifth on lavapipe; on a GPU they would take the registers of a large tile. */
const SOFTWARE_QUAD_ROWS = [16, ...FOURS_OF_ROWS];

function directProgram(
  backend: WebGPUBackend,
  { batch, rows, columns }: ProductSize,
  { transposeA, quad }: { transposeA: boolean; quad: boolean },
): Own {
  const others = batch * Math.ceil(columns / 4);
  const ofA = (size: number): number => (transposeA || quad ? size / 4 : size);
  const own = pickTile({
    sizes: quad && isSoftware(backend) ? SOFTWARE_QUAD_ROWS : transposeA || quad ? FOURS_OF_ROWS : DIRECT_ROWS,
    length: rows,
    others,
    busy: busyInvocations(backend),
    loads: (size) => ofA(size) + (transposeA ? 1 : 4),
    products: (size) => (transposeA ? size : size * 4),
  });
  const work = Math.ceil(rows / own) * others;
  return {
    template: direct,
    work,
    constants: { ROWS: own, QUADS: Math.ceil(own / 4), STRIP, QUAD: quad },
    uniforms: { work: { i32: [work] } },
  };
}

function splitProgram({ batch, rows, columns }: ProductSize, transposeA: boolean): Own {
  const own = transposeA || rows > 2 ? SPLIT.rows : rows;
  const invocations = SPLIT.slices * SPLIT.quads;
  return {
    template: operands + split,
    workgroupSize: [invocations, 1, 1],
    work: [Math.ceil(columns / (4 * SPLIT.quads)) * invocations, Math.ceil(rows / own), batch],
    constants: { ROWS: own, SLICES: SPLIT.slices, QUADS: SPLIT.quads },
  };
}

/** The fields of tile.wgsl's program; also for other operands than its own. */
export function tileProgram(variant: string, { batch, rows, columns }: ProductSize): Own {
  const shape = tileOf(variant)!;
  const [x, y] = threads(shape);
  const loads = (side: number): number => (side * shape.k) / (4 * x * y);
  return {
    template: operands + tile,
    workgroupSize: [x, y, 1],
    work: [Math.ceil(columns / shape.n) * x, Math.ceil(rows / shape.m) * y, batch],
    constants: {
      TILE_M: shape.m,
      TILE_N: shape.n,
      TILE_K: shape.k,
      ROWS: shape.rows,
      QUADS: shape.rows / 4,
      COLS: shape.cols,
      THREADS_X: x,
      THREADS_Y: y,
      LOADS_A: loads(shape.m),
      LOADS_B: loads(shape.n),
      HALF_TILE: HALF_TILES.includes(variant),
    },
  };
}

/** Runs the product as the variant that is measured or expected to be the fastest. @returns [..., M,N] */
export function runProduct(
  backend: WebGPUBackend,
  { a, b, transposeA, transposeB, bias, residual }: Product,
  size: ProductSize,
  epilogue: EpilogueAttributes,
): TensorInfo {
  const { batch, rows, inner, columns, matrices, outShape } = size;
  const components = (length: number): 1 | 4 => (length % 4 === 0 ? 4 : 1);
  const ofA = components(transposeA ? rows : inner);
  const ofB = components(transposeB ? inner : columns);
  const half = b.dtype === 'int32';
  const possible = possibleVariants(backend, size, { transposeA, transposeB, halves: half });
  const variant = chooseVariant(
    tuningName(transposeA, transposeB, half),
    [batch, rows, inner, columns],
    possible,
    usualVariant(backend, size, possible),
  );
  const own =
    variant === 'direct' || variant === QUADS
      ? directProgram(backend, size, { transposeA, quad: variant === QUADS })
      : variant === 'split'
        ? splitProgram(size, transposeA)
        : tileProgram(variant, size);
  const shared = withEpilogue(columns, { a: [a, ofA], b: [b, half ? 2 : ofB] }, { bias, residual }, epilogue);
  return runTemplate(backend, {
    ...shared,
    ...own,
    name: `StepMatMul ${variant}`,
    template: own.template + EPILOGUE_SOURCE,
    output: { shape: outShape },
    flops: 2 * batch * rows * inner * columns,
    constants: {
      ...shared.constants,
      ...own.constants,
      TRANSPOSE_A: transposeA,
      TRANSPOSE_B: transposeB,
      VECTOR_A: ofA === 4,
      VECTOR_B: ofB === 4,
      HALF_B: half,
    },
    uniforms: {
      ...shared.uniforms,
      ...own.uniforms,
      sizes: { i32: [rows, inner] },
      strides: { i32: [matrices[0] === 1 ? 0 : rows * inner, matrices[1] === 1 ? 0 : inner * columns] },
    },
  });
}
