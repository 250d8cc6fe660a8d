/** How invocations share the rows of softmax and of reductions, measured at rows and lengths of detectors. */
import { ROW_VARIANTS, worthMeasuring } from '../rows/sharing';
import { filled } from '../tuning/lab';
import { tunable, withVariant } from '../tuning/tuning';
import { ROW_REDUCTION, runReduction, runSoftmax, SOFTMAX } from './program';

type Sizes = readonly [rows: number, length: number];

/** Samples of deformable attention, bins of an edge, sources of attention. */
const SOFTMAX_CASES: readonly Sizes[] = [
  [2400, 12],
  [1200, 33],
  [2400, 300],
];
/** Classes, channels, cells. */
const REDUCTION_CASES: readonly Sizes[] = [
  [2100, 80],
  [300, 256],
  [64, 1600],
];

/** States them to the tuner. */
export function registerReductionVariants(): void {
  const shared = {
    candidates: ROW_VARIANTS,
    fits: worthMeasuring,
  };
  tunable(SOFTMAX, {
    ...shared,
    cases: SOFTMAX_CASES,
    prepare(backend, sizes) {
      const x = filled(backend, sizes, 1);
      return { inputs: [x], run: (variant) => withVariant(SOFTMAX, variant, () => runSoftmax(backend, x)) };
    },
  });
  tunable(ROW_REDUCTION, {
    ...shared,
    cases: REDUCTION_CASES,
    prepare(backend, sizes) {
      const [outer, length] = sizes as Sizes;
      const x = filled(backend, sizes, 1);
      const run = () => runReduction(backend, x, { outer, length, inner: 1 }, 'max');
      return { inputs: [x], run: (variant) => withVariant(ROW_REDUCTION, variant, run) };
    },
  });
}
