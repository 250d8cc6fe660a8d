/** The fused variants of attention, and the sizes at which they are measured: queries, and the cells of a level. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { busyInvocations, isSoftware } from '../tiling';
import { filled } from '../tuning/lab';
import { tunable, type Prepared } from '../tuning/tuning';
import { runForward, runQueryGradient, runSourceGradient } from './program';
import { FUSED, tileOf, tuningName, type AttentionPass, type FusedVariant } from './variant';

/** Heads over all images, T, S, d. */
type Sizes = readonly [number, number, number, number];

const CASES: Record<AttentionPass, readonly Sizes[]> = {
  forward: [
    [8, 300, 300, 32],
    [8, 1000, 1000, 32],
  ],
  queryGradient: [[8, 300, 300, 32]],
  sourceGradient: [[8, 300, 300, 32]],
};

function prepare(backend: WebGPUBackend, pass: AttentionPass, [heads, targets, sources, width]: Sizes): Prepared {
  const sizes = { batch: 1, targets, sources, heads, width };
  const [own, other] = [
    [1, targets, heads * width],
    [1, sources, heads * width],
  ];
  const [q, k, v, dy] = [
    filled(backend, own, 1),
    filled(backend, other, 2),
    filled(backend, other, 3),
    filled(backend, own, 4),
  ];
  const statistics = filled(backend, [1, heads, targets, 2], 5);
  return {
    inputs: [q, k, v, dy, statistics],
    run(variant) {
      const tile = tileOf(variant as FusedVariant, pass, sizes, busyInvocations(backend));
      const call = { backend, sizes, q, k, v };
      if (pass === 'forward') return runForward(call, tile, false);
      return (pass === 'queryGradient' ? runQueryGradient : runSourceGradient)(call, tile, statistics, dy);
    },
  };
}

/** States them to the tuner. */
export function registerAttentionVariants(): void {
  for (const pass of Object.keys(CASES) as AttentionPass[])
    tunable(tuningName(pass), {
      candidates: FUSED,
      cases: CASES[pass],
      // on the CPU barriers are dear
      fits: (backend) => (isSoftware(backend) ? ['registers'] : FUSED),
      prepare: (backend, sizes) => prepare(backend, pass, sizes as Sizes),
    });
}
