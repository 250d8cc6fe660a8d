/** The convolution's variants and the sizes at which they are measured: stages of detectors between 256 and 640 pixels. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { NO_EPILOGUE } from '../epilogue/program';
import { TILES } from '../matmul/variants';
import { isSoftware } from '../tiling';
import { filled } from '../tuning/lab';
import { tunable, withVariant, type Prepared } from '../tuning/tuning';
import type { ConvolutionAttributes } from './program';
import {
  CONV2D,
  FILTER_GRADIENT,
  possibleForward,
  possibleGradient,
  runAnyFilterGradient,
  runConv2D,
} from './variants';

/** Output cells, taps of the kernel, I, O. */
type Sizes = readonly [number, number, number, number];

const FORWARD_CASES: readonly Sizes[] = [
  [1600, 9, 32, 32],
  [6400, 9, 16, 32],
  [400, 9, 128, 128],
  [6400, 9, 64, 64],
  [1600, 9, 128, 128],
  [400, 9, 512, 512],
];
const GRADIENT_CASES: readonly Sizes[] = [
  [1600, 9, 32, 32],
  [1600, 9, 128, 128],
];

/** A square image, a square kernel, strides of 1, an output of the input's size. */
function geometry([cells, taps, input, output]: Sizes) {
  const [side, kernel] = [Math.round(Math.sqrt(cells)), Math.round(Math.sqrt(taps))];
  const before = (kernel - 1) >> 1;
  const after = kernel - 1 - before;
  const attributes: ConvolutionAttributes = {
    ...NO_EPILOGUE,
    strides: [1, 1],
    padding: [before, after, before, after],
    dilation: 1,
    outShape: [1, side, side, output],
  };
  return { side, attributes, filterShape: [kernel, kernel, input, output] as [number, number, number, number] };
}

function prepareForward(backend: WebGPUBackend, sizes: Sizes): Prepared {
  const { side, attributes, filterShape } = geometry(sizes);
  const x = filled(backend, [1, side, side, sizes[2]], 1);
  const weight = filled(backend, filterShape, 2);
  return {
    inputs: [x, weight],
    run: (variant) => withVariant(CONV2D, variant, () => runConv2D(backend, { x, weight }, attributes)),
  };
}

function prepareGradient(backend: WebGPUBackend, sizes: Sizes): Prepared {
  const { side, attributes, filterShape } = geometry(sizes);
  const x = filled(backend, [1, side, side, sizes[2]], 1);
  const dy = filled(backend, attributes.outShape, 2);
  return {
    inputs: [x, dy],
    run: (variant) =>
      withVariant(FILTER_GRADIENT, variant, () => runAnyFilterGradient(backend, x, dy, filterShape, attributes)),
  };
}

/** On the CPU barriers are dear, and tiles take long to make. */
const withoutTiles = (backend: WebGPUBackend, variants: string[]): string[] =>
  isSoftware(backend) ? variants.filter((variant) => !(variant in TILES)) : variants;

/** States both to the tuner. */
export function registerConv2dVariants(): void {
  tunable(CONV2D, {
    candidates: ['direct', 'winograd', ...Object.keys(TILES)],
    cases: FORWARD_CASES,
    fits(backend, sizes) {
      const { attributes, filterShape } = geometry(sizes as Sizes);
      return withoutTiles(backend, possibleForward(backend, filterShape, attributes));
    },
    prepare: (backend, sizes) => prepareForward(backend, sizes as Sizes),
  });
  tunable(FILTER_GRADIENT, {
    candidates: ['direct', ...Object.keys(TILES)],
    cases: GRADIENT_CASES,
    fits(backend, sizes) {
      const { attributes, filterShape } = geometry(sizes as Sizes);
      return withoutTiles(backend, possibleGradient(backend, filterShape, attributes));
    },
    prepare: (backend, sizes) => prepareGradient(backend, sizes as Sizes),
  });
}
