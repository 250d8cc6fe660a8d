/**
 * 3x3 convolution with strides of 1 by Winograd's minimal filtering F(4x4, 3x3): 36 products for 16 cells instead of 144
 * (Lavin and Gray, arXiv 1509.09308, section 4.3). Input tiles and filters are transformed, multiplied as 36 matrix products
 * and transformed back, where the epilogue follows.
 *
 * B batch, H x W input, I input channels, Ho x Wo output, O output channels, T tiles of 4x4 output cells.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { EPILOGUE_SOURCE, NO_EPILOGUE, withEpilogue } from '../../epilogue/program';
import { runProduct } from '../../matmul/program';
import { runTemplate } from '../../template';
import { isSoftware } from '../../tiling';
import { vectorSource } from '../../vectors/vectors';
import type { ConvolutionAttributes, ConvolutionInputs } from '../program';
import { keptFilter } from './filters';
import filterSource from './filter.wgsl?raw';
import inputSource from './input.wgsl?raw';
import outputSource from './output.wgsl?raw';

/**
 * The transforms evaluate polynomials at 0, +-NEAR, +-FAR and infinity. The paper's 1 and 2 make twice the rounding error
 * (Barabasz et al., arXiv 1803.10986, on choosing points; simulated: 4e-7 relative at 8 channels against 9e-7).
 */
const POINTS = { NEAR: 0.625, FAR: 1.5 };
/** Numbers of a transformed tile or filter. */
const PLACES = 36;
/** Output cells of a tile along an axis. */
const TILE = 4;

/** Multiply-adds by constants in one transform, counted as lines of 6, 6 and 4 numbers times what one takes. */
const INPUT_FLOPS = 12 * 13;
const FILTER_FLOPS = 9 * 9;
const OUTPUT_FLOPS = 10 * 12;

export interface WinogradSize {
  /** Rows and columns of tiles in an image. */
  tiles: readonly [number, number];
  /** T: tiles of the whole batch. */
  count: number;
  /** Bytes of the largest of the three tensors in between. */
  mostBytes: number;
}

/** @returns null where the transform does not apply: another kernel, strides, channels that are no multiples of 4 */
export function winogradSize(
  weightShape: readonly number[],
  { strides, dilation, outShape }: ConvolutionAttributes,
): WinogradSize | null {
  const [kh, kw, input, output] = weightShape as [number, number, number, number];
  const applies = kh === 3 && kw === 3 && strides[0] === 1 && strides[1] === 1 && dilation === 1;
  if (!applies || input % 4 !== 0 || output % 4 !== 0) return null;
  const tiles = [Math.ceil(outShape[1] / TILE), Math.ceil(outShape[2] / TILE)] as const;
  const count = outShape[0] * tiles[0] * tiles[1];
  return { tiles, count, mostBytes: 4 * PLACES * Math.max(count * Math.max(input, output), input * output) };
}

/** V [36,T,I] */
function transformInput(
  backend: WebGPUBackend,
  x: TensorInfo,
  { tiles, count }: WinogradSize,
  { padding }: ConvolutionAttributes,
): TensorInfo {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  // A tile of vectors takes 144 registers, which real GPUs have not; there, neighbouring threads read neighbouring numbers.
  const vector = isSoftware(backend) ? 4 : 1;
  const work = (count * channels) / vector;
  return runTemplate(backend, {
    name: 'StepWinogradInput',
    template: vectorSource(vector) + inputSource,
    inputs: { x },
    output: { shape: [PLACES, count, channels] },
    components: { output: vector, inputs: [vector] },
    constants: { VECTOR: vector, ...POINTS },
    work,
    uniforms: {
      work: { i32: [work] },
      vectors: { i32: [channels / vector] },
      size: { i32: [height, width] },
      tiles: { i32: [...tiles] },
      padding: { i32: [padding[0], padding[2]] },
    },
    flops: INPUT_FLOPS * count * channels,
  });
}

/** U [36,I,O] */
function transformFilter(backend: WebGPUBackend, weight: TensorInfo): TensorInfo {
  const [, , input, output] = weight.shape as [number, number, number, number];
  const work = (input * output) / 4;
  return runTemplate(backend, {
    name: 'StepWinogradFilter',
    template: filterSource,
    inputs: { weight },
    output: { shape: [PLACES, input, output] },
    components: { output: 4, inputs: [4] },
    constants: POINTS,
    work,
    uniforms: { work: { i32: [work] } },
    flops: FILTER_FLOPS * input * output,
  });
}

function transformOutput(
  backend: WebGPUBackend,
  m: TensorInfo,
  { tiles, count }: WinogradSize,
  { bias, residual }: ConvolutionInputs,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const [, outHeight, outWidth, channels] = attributes.outShape;
  const shared = withEpilogue(channels, { m: [m, 4] }, { bias, residual }, attributes);
  const work = (count * channels) / 4;
  return runTemplate(backend, {
    ...shared,
    name: 'StepWinogradOutput',
    template: outputSource + EPILOGUE_SOURCE,
    output: { shape: [...attributes.outShape] },
    constants: { ...shared.constants, ...POINTS },
    work,
    uniforms: {
      ...shared.uniforms,
      work: { i32: [work] },
      tiles: { i32: [...tiles] },
      outSize: { i32: [outHeight, outWidth] },
    },
    flops: OUTPUT_FLOPS * count * channels,
  });
}

/** @param size of `winogradSize` for these arguments */
export function runWinograd(
  backend: WebGPUBackend,
  inputs: ConvolutionInputs,
  attributes: ConvolutionAttributes,
  size: WinogradSize,
): TensorInfo {
  const { x, weight } = inputs;
  const [, , inner, columns] = weight.shape as [number, number, number, number];
  const filter = keptFilter(backend, weight, () => transformFilter(backend, weight));
  const tiles = transformInput(backend, x, size, attributes);
  const product = {
    batch: PLACES,
    rows: size.count,
    inner,
    columns,
    matrices: [PLACES, PLACES] as const,
    outShape: [PLACES, size.count, columns],
  };
  const operands = { a: tiles, b: filter.info, transposeA: false, transposeB: false };
  const products = runProduct(backend, operands, product, NO_EPILOGUE);
  backend.disposeData(tiles.dataId);
  const out = transformOutput(backend, products, size, inputs, attributes);
  backend.disposeData(products.dataId);
  if (!filter.kept) backend.disposeData(filter.info.dataId);
  return out;
}
