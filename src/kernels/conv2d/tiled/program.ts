/**
 * Convolution and its filter's gradient as matrix products through workgroup memory, for GPUs: the tiles of ../../matmul over a
 * left matrix that is never written out (implicit GEMM; Chetlur et al., arXiv 1410.0759, section 3).
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { EPILOGUE_SOURCE, NO_EPILOGUE, withEpilogue, type EpilogueAttributes } from '../../epilogue/program';
import { tileProgram } from '../../matmul/program';
import tile from '../../matmul/tile.wgsl?raw';
import type { ProductSize } from '../../matmul/size';
import { possibleVariants, TILES } from '../../matmul/variants';
import { runTemplate, type TemplateProgram } from '../../template';
import { vectorSize } from '../../vectors/vectors';
import type { ConvolutionAttributes, ConvolutionInputs } from '../program';
import operands from './operands.wgsl?raw';

type Shape4D = readonly [number, number, number, number];

/** The convolution's product: a row for each output cell. */
export function forwardSize(weightShape: readonly number[], outShape: Shape4D): ProductSize {
  const [kh, kw, input, columns] = weightShape as unknown as Shape4D;
  const rows = outShape[0] * outShape[1] * outShape[2];
  return { batch: 1, rows, inner: kh * kw * input, columns, matrices: [1, 1], outShape: [...outShape] };
}

/** The tiles that fit product and device; none for output channels that are no multiple of 4. */
export function possibleTiles(backend: WebGPUBackend, size: ProductSize): string[] {
  if (size.columns % 4 !== 0) return [];
  return possibleVariants(backend, size, { transposeB: false }).filter((variant) => variant in TILES);
}

/** What reads the convolution's input, for both products. */
function cellsOf(
  x: TensorInfo,
  [, kw, input]: readonly number[],
  { strides, padding, dilation, outShape }: ConvolutionAttributes,
): Required<Pick<TemplateProgram, 'constants' | 'uniforms'>> {
  return {
    constants: { VECTOR_IN: input! % 4 === 0, INPUT: input!, KERNEL: kw!, DILATION: dilation },
    uniforms: {
      cells: { i32: [outShape[0] * outShape[1] * outShape[2]] },
      convStrides: { i32: [...strides] },
      padding: { i32: [padding[0], padding[2]] },
      size: { i32: [x.shape[1]!, x.shape[2]!] },
      outSize: { i32: [outShape[1], outShape[2]] },
    },
  };
}

interface Operands {
  x: TensorInfo;
  /** The filter or dy. */
  right: TensorInfo;
  bias?: TensorInfo | undefined;
  residual?: TensorInfo | undefined;
}

function runTiles(
  backend: WebGPUBackend,
  variant: string,
  transposed: boolean,
  { x, right, bias, residual }: Operands,
  { size, stride }: { size: ProductSize; stride: readonly [number, number] },
  cells: ReturnType<typeof cellsOf>,
  epilogue: EpilogueAttributes,
): TensorInfo {
  const own = tileProgram(variant, size);
  const vector = vectorSize(cells.constants['INPUT'] as number);
  const shared = withEpilogue(size.columns, { x: [x, vector], right: [right, 4] }, { bias, residual }, epilogue);
  return runTemplate(backend, {
    ...shared,
    ...own,
    name: `StepConv2D ${variant}`,
    template: operands + tile + EPILOGUE_SOURCE,
    output: { shape: size.outShape },
    flops: 2 * size.batch * size.rows * size.inner * size.columns,
    constants: {
      ...shared.constants,
      ...own.constants,
      ...cells.constants,
      TRANSPOSE_A: transposed,
      TRANSPOSE_B: false,
    },
    uniforms: {
      ...shared.uniforms,
      ...cells.uniforms,
      sizes: { i32: [size.rows, size.inner] },
      strides: { i32: [...stride] },
      rightEnd: { i32: [right.shape.reduce((count, length) => count * length, 1)] },
    },
  });
}

/** @param variant one of `possibleTiles` for `forwardSize` */
export function runTiled(
  backend: WebGPUBackend,
  variant: string,
  { x, weight, bias, residual }: ConvolutionInputs,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const size = forwardSize(weight.shape, attributes.outShape);
  const cells = cellsOf(x, weight.shape, attributes);
  const all = { x, right: weight, bias, residual };
  return runTiles(backend, variant, false, all, { size, stride: [0, 0] }, cells, attributes);
}

/** Workgroups that keep a GPU busy. */
const ENOUGH_WORKGROUPS = 256;
/** Cells that a chunk of the filter's gradient sums at least: less costs more to add up. */
const LEAST_CHUNK = 512;

/** The filter gradient's products: a row for each weight of an output channel, summed over a chunk of the cells each. */
export function filterGradientSize(filterShape: Shape4D, outShape: Shape4D): ProductSize {
  const [kh, kw, input, columns] = filterShape;
  const cells = outShape[0] * outShape[1] * outShape[2];
  const rows = kh * kw * input;
  const tiles = Math.ceil(rows / 64) * Math.ceil(columns / 64);
  const wanted = Math.max(1, Math.min(Math.ceil(ENOUGH_WORKGROUPS / tiles), Math.floor(cells / LEAST_CHUNK)));
  const inner = Math.ceil(cells / wanted);
  const batch = Math.ceil(cells / inner);
  return { batch, rows, inner, columns, matrices: [batch, batch], outShape: [batch, ...filterShape] };
}

/**
 * @param variant one of `possibleTiles` for `filterGradientSize`
 * @returns partial gradients [chunks,kh,kw,I,O], to be summed over the first axis
 */
export function runTiledFilterGradient(
  backend: WebGPUBackend,
  variant: string,
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: Shape4D,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const size = filterGradientSize(filterShape, attributes.outShape);
  const stride = [size.inner, size.inner * size.columns] as const;
  const cells = cellsOf(x, filterShape, attributes);
  return runTiles(backend, variant, true, { x, right: dy }, { size, stride }, cells, NO_EPILOGUE);
}
