/**
 * The programs for an ordinary convolution and for its filter's gradient, and which of them runs.
 *
 * B batch, H x W input, I input channels, kh x kw kernel, Ho x Wo output, O output channels.
 */
import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { usualVariant } from '../matmul/variants';
import { isSoftware } from '../tiling';
import { chooseVariant } from '../tuning/tuning';
import { runFilterGradient } from './gradient';
import { runConvolution, type ConvolutionAttributes, type ConvolutionInputs } from './program';
import { filterGradientSize, forwardSize, possibleTiles, runTiled, runTiledFilterGradient } from './tiled/program';
import { runWinograd, winogradSize, type WinogradSize } from './winograd/program';

type Shape4D = [number, number, number, number];

/**
 * Names for `chooseVariant`. `direct`: an invocation walks its inputs by itself (conv2d.wgsl). `winograd`: three passes with a
 * quarter of the products (winograd/). The tiles of ../matmul/variants.ts: through workgroup memory (tiled/).
 */
export const CONV2D = 'conv2d';
export const FILTER_GRADIENT = 'conv2d filter gradient';

/**
 * Channels (the harmonic mean of input and output) from which on Winograd's transforms are worth their while. Processor time on
 * SwiftShader, direct against Winograd, 80x80: 1.2 at 16 channels, 1.6 at 32, 1.6..2.2 from 64 on; lavapipe 1.0, 1.2, 1.4..5.
 * Below 40 the gain does not pay for the rounding, which is 2 to 3 times that of the direct sum there. On a GPU the transforms
 * move as much memory as a direct convolution of about 64 channels takes (estimated: no GPU was at hand; the tuner measures).
 */
const WINOGRAD_PAYS = { software: 40, hardware: 64 };

function winogradOf(
  { limits }: GPUDevice,
  weightShape: readonly number[],
  attributes: ConvolutionAttributes,
): WinogradSize | null {
  const size = winogradSize(weightShape, attributes);
  return size && size.mostBytes <= Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) ? size : null;
}

/** The choice without a measurement. */
function usual(backend: WebGPUBackend, weightShape: Shape4D, candidates: readonly string[], outShape: Shape4D): string {
  const [, , input, output] = weightShape;
  const software = isSoftware(backend);
  const channels = (2 * input * output) / (input + output);
  const pays = channels >= WINOGRAD_PAYS[software ? 'software' : 'hardware'];
  if (pays && candidates.includes('winograd')) return 'winograd';
  return usualVariant(
    backend,
    forwardSize(weightShape, outShape),
    candidates.filter((variant) => variant !== 'winograd'),
  );
}

/** The variants that can compute a call. */
export function possibleForward(
  backend: WebGPUBackend,
  weightShape: Shape4D,
  attributes: ConvolutionAttributes,
): string[] {
  const winograd = winogradOf(backend.device, weightShape, attributes);
  const tiles = possibleTiles(backend, forwardSize(weightShape, attributes.outShape));
  return ['direct', ...(winograd ? ['winograd'] : []), ...tiles];
}

export function possibleGradient(
  backend: WebGPUBackend,
  filterShape: Shape4D,
  { outShape }: ConvolutionAttributes,
): string[] {
  return ['direct', ...possibleTiles(backend, filterGradientSize(filterShape, outShape))];
}

/** What the time depends on. */
function sizesOf([kh, kw, input, output]: Shape4D, [batch, height, width]: readonly number[]): number[] {
  return [batch! * height! * width!, kh * kw, input, output];
}

export function runConv2D(
  backend: WebGPUBackend,
  inputs: ConvolutionInputs,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const weightShape = inputs.weight.shape as Shape4D;
  const outShape = attributes.outShape as Shape4D;
  const candidates = possibleForward(backend, weightShape, attributes);
  const fallback = usual(backend, weightShape, candidates, outShape);
  const variant = chooseVariant(CONV2D, sizesOf(weightShape, outShape), candidates, fallback);
  const winograd = winogradOf(backend.device, weightShape, attributes);
  if (variant === 'winograd' && winograd) return runWinograd(backend, inputs, attributes, winograd);
  if (variant === 'direct') return runConvolution(backend, 'full', inputs, attributes);
  return runTiled(backend, variant, inputs, attributes);
}

/** @param parts [chunks,kh,kw,I,O], freed @returns [kh,kw,I,O] */
function addUp(backend: WebGPUBackend, parts: TensorInfo): TensorInfo {
  const shape = parts.shape.slice(1);
  if (parts.shape[0] === 1) return { ...parts, shape };
  const { kernelFunc } = getKernel('Sum', 'webgpu');
  const sum = kernelFunc({ inputs: { x: parts }, backend, attrs: { axis: [0], keepDims: false } }) as TensorInfo;
  backend.disposeData(parts.dataId);
  return sum;
}

/** @returns [kh,kw,I,O] */
export function runAnyFilterGradient(
  backend: WebGPUBackend,
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: Shape4D,
  attributes: ConvolutionAttributes,
): TensorInfo {
  const size = filterGradientSize(filterShape, attributes.outShape);
  const candidates = possibleGradient(backend, filterShape, attributes);
  const fallback = usualVariant(backend, size, candidates);
  const variant = chooseVariant(FILTER_GRADIENT, sizesOf(filterShape, attributes.outShape), candidates, fallback);
  const parts =
    variant === 'direct'
      ? runFilterGradient(backend, x, dy, filterShape, attributes)
      : runTiledFilterGradient(backend, variant, x, dy, filterShape, attributes);
  return addUp(backend, parts);
}
