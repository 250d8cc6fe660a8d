/** The matrix product's variants and the sizes at which they are measured: those of detectors between 256 and 640 pixels. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { seededRandom } from '../../lib/random';
import { NO_EPILOGUE } from '../epilogue/program';
import { packHalves } from '../halves/pack';
import { isSoftware } from '../tiling';
import { filled } from '../tuning/lab';
import { tunable, withVariant, type Prepared } from '../tuning/tuning';
import { productSize, runProduct, tuningName } from './program';
import { HALF_TILES, possibleVariants, QUADS, VARIANTS } from './variants';

interface Layout {
  transposeA: boolean;
  transposeB: boolean;
  /** b is packed halves. */
  halves?: boolean;
  /** B, M, K, N */
  cases: readonly (readonly [number, number, number, number])[];
}

const LAYOUTS: readonly Layout[] = [
  {
    transposeA: false,
    transposeB: false,
    cases: [
      [1, 8, 256, 256],
      [1, 320, 256, 256],
      [1, 1600, 128, 128],
      [1, 6400, 64, 64],
      [1, 320, 256, 1024],
      [8, 300, 300, 32],
      [1, 1024, 1024, 1024],
    ],
  },
  // attention's scores; a linear layer's gradient to its input
  {
    transposeA: false,
    transposeB: true,
    cases: [
      [8, 300, 32, 300],
      [1, 1280, 256, 256],
    ],
  },
  // a linear layer's gradient to its weight
  {
    transposeA: true,
    transposeB: false,
    cases: [
      [1, 128, 1600, 128],
      [1, 256, 1280, 256],
    ],
  },
  {
    transposeA: false,
    transposeB: false,
    halves: true,
    cases: [
      [1, 320, 256, 256],
      [1, 1600, 128, 128],
      [1, 320, 256, 1024],
    ],
  },
];

/** Packed halves of a matrix [K,N], the same every time. */
function filledHalves(backend: WebGPUBackend, inner: number, columns: number): TensorInfo {
  const random = seededRandom('tuning', 2);
  // a sign and ten bits
  const values = Float32Array.from({ length: inner * columns }, () => Math.round(2048 * random() - 1024) / 1024);
  return backend.makeTensorInfo([inner, columns / 2], 'int32', packHalves(values)!);
}

function prepare(
  backend: WebGPUBackend,
  { transposeA, transposeB, halves }: Layout,
  [batch, rows, inner, columns]: readonly [number, number, number, number],
): Prepared {
  const a = filled(backend, [batch, ...(transposeA ? [inner, rows] : [rows, inner])], 1);
  const whole = [batch, ...(transposeB ? [columns, inner] : [inner, columns])];
  const b = halves ? filledHalves(backend, inner, columns) : filled(backend, whole, 2);
  const size = productSize(a.shape, whole, transposeA, transposeB);
  if (typeof size === 'string') throw new Error(`matmul: ${size}`);
  const name = tuningName(transposeA, transposeB, halves);
  return {
    inputs: [a, b],
    run: (variant) =>
      withVariant(name, variant, () => runProduct(backend, { a, b, transposeA, transposeB }, size, NO_EPILOGUE)),
  };
}

/** States the layouts to the tuner. */
export function registerMatMulVariants(): void {
  for (const layout of LAYOUTS) {
    const { transposeA, transposeB, halves, cases } = layout;
    tunable(tuningName(transposeA, transposeB, halves), {
      candidates: [...VARIANTS, QUADS, ...(halves ? HALF_TILES : [])],
      cases,
      fits(backend, sizes) {
        const [batch, rows, inner, columns] = sizes as readonly [number, number, number, number];
        const possible = possibleVariants(backend, { batch, rows, inner, columns }, layout);
        // The bench says so on both: barriers are dear on the CPU, and pipelines of large tiles take longest to make.
        return isSoftware(backend) ? possible.filter((variant) => variant === 'direct' || variant === QUADS) : possible;
      },
      prepare: (backend, sizes) => prepare(backend, layout, sizes as readonly [number, number, number, number]),
    });
  }
}
