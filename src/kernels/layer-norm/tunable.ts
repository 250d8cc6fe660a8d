/** How threads share the rows of both norms, measured at layer norm's forward pass: rows and width of detectors. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { ROW_NORM, rowsOf } from '../rows/program';
import { ROW_VARIANTS, worthMeasuring } from '../rows/sharing';
import { filled } from '../tuning/lab';
import { tunable, withVariant, type Prepared } from '../tuning/tuning';
import { forward } from './program';

const CASES = [
  [300, 256],
  [1600, 128],
  [6400, 192],
] as const;

function prepare(backend: WebGPUBackend, [rows, width]: readonly [number, number]): Prepared {
  const [x, weight, bias] = [
    filled(backend, [rows, width], 1),
    filled(backend, [width], 2),
    filled(backend, [width], 3),
  ];
  return {
    inputs: [x, weight, bias],
    run: (variant) =>
      withVariant(ROW_NORM, variant, () => forward(rowsOf(backend, x, { epsilon: 1e-5 }), x, weight, bias)),
  };
}

/** States them to the tuner. */
export function registerRowNormVariants(): void {
  tunable(ROW_NORM, {
    candidates: ROW_VARIANTS,
    cases: CASES,
    fits: worthMeasuring,
    prepare: (backend, sizes) => prepare(backend, sizes as readonly [number, number]),
  });
}
