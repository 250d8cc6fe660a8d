/**
 * The programs of the ordinary and the depthwise convolution: tile sizes, constants, uniforms.
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import depthwiseSource from '../depthwise-conv2d/depthwise-conv2d.wgsl?raw';
import { EPILOGUE_SOURCE, withEpilogue, type EpilogueAttributes } from '../epilogue/program';
import { runTemplate } from '../template';
import { busyInvocations, pickTile } from '../tiling';
import { reach } from './geometry';
import source from './conv2d.wgsl?raw';

/** A convolution as its kernel gets it: plain values, since TF.js keeps attributes for the gradient. */
export interface ConvolutionAttributes extends EpilogueAttributes {
  strides: readonly [number, number];
  /** top, bottom, left, right */
  padding: readonly [number, number, number, number];
  dilation: number;
  /** [B,Ho,Wo,O] */
  outShape: readonly [number, number, number, number];
}

export interface ConvolutionInputs {
  x: TensorInfo;
  weight: TensorInfo;
  bias?: TensorInfo | undefined;
  residual?: TensorInfo | undefined;
}

/** Output cells of a row that one invocation may compute. */
const TILES = [8, 4, 2];
/** A kernel that reaches further than this would unroll into too much code. */
export const WIDEST_KERNEL = 7;

/** Input columns that a tile of `pixels` cells reads, and how far apart the first ones of neighbouring cells are among them. */
function columns(pixels: number, span: number, stride: number): { count: number; spacing: number } {
  const spacing = Math.min(stride, span);
  return { count: (pixels - 1) * spacing + span, spacing };
}

/** Bytes of weights that stay in a core's second-level cache beside what is computed. */
const CACHED_WEIGHTS = 2 ** 18;
/** Groups of four channels below which neighbouring invocations no longer read whole lines of the cache. */
const LEAST_BLOCK = 4;

/**
 * Groups of four output channels that go through all cells before the next ones do.
 * @param taps weights of one output channel
 */
function blockOf(groups: number, taps: number): number {
  const fits = Math.floor(CACHED_WEIGHTS / (taps * 16));
  return Math.min(groups, Math.max(LEAST_BLOCK, fits));
}

export function runConvolution(
  backend: WebGPUBackend,
  kind: 'full' | 'depthwise',
  { x, weight, bias, residual }: ConvolutionInputs,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const { strides, padding, dilation, outShape } = attributes;
  const [batch, outHeight, outWidth, channels] = outShape;
  const [kernelHeight, kernel, inChannels] = weight.shape as [number, number, number, number];
  const full = kind === 'full';
  const components = channels % 4 === 0 ? 4 : 1;
  const inComponents = full ? (inChannels % 4 === 0 ? 4 : 1) : components;
  const groups = Math.ceil(channels / 4);
  const others = batch * outHeight * groups;
  const stride = strides[1];
  const span = reach(kernel, dilation);
  const pixels = pickTile({
    sizes: TILES,
    length: outWidth,
    others,
    busy: busyInvocations(backend),
    loads: (size) => columns(size, span, stride).count + kernel * (full ? inComponents : 1),
    products: (size) => size * kernel * (full ? inComponents : 1),
  });
  const { count, spacing } = columns(pixels, span, stride);
  const tiles = batch * outHeight * Math.ceil(outWidth / pixels);
  const block = full ? blockOf(groups, kernelHeight * kernel * inChannels) : groups;
  const work = Math.ceil(groups / block) * tiles * block;
  const shared = withEpilogue(
    channels,
    { x: [x, inComponents], weight: [weight, components] },
    { bias, residual },
    attributes,
  );
  return runTemplate(backend, {
    ...shared,
    name: full ? 'StepConv2D' : 'StepDepthwiseConv2D',
    template: (full ? source : depthwiseSource) + EPILOGUE_SOURCE,
    output: { shape: [...outShape] },
    work,
    flops: 2 * batch * outHeight * outWidth * channels * kernelHeight * kernel * (full ? inChannels : 1),
    constants: {
      ...shared.constants,
      PIXELS: pixels,
      KERNEL: kernel,
      STRIDE: stride,
      DILATION: dilation,
      COLUMNS: count,
      SPACING: spacing,
      STEP: inComponents,
      VECTOR_IN: inComponents === 4,
    },
    uniforms: {
      ...shared.uniforms,
      work: { i32: [work] },
      ...(full && { block: { i32: [block] }, allTiles: { i32: [tiles] } }),
      inChannels: { i32: [inChannels] },
      kernelHeight: { i32: [kernelHeight] },
      strideY: { i32: [strides[0]] },
      size: { i32: [x.shape[1]!, x.shape[2]!] },
      outSize: { i32: [outHeight, outWidth] },
      padding: { i32: [padding[0], padding[2]] },
    },
  });
}
