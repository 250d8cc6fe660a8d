/**
 * Multi-head scaled dot-product attention (arXiv 1706.03762, section 3.2). On WebGPU one program computes it with an online
 * softmax (arXiv 2205.14135, algorithm 1; 2307.08691, section 3.1), and no score is in memory; its gradient computes the
 * scores again from the logarithms of the rows' sums. Heads are read where they lie, without a transpose.
 *
 * Differs from the papers: the walk over the other side is not cut into blocks of a matrix unit; queries' and sources'
 * gradients are programs of their own, so that no two invocations add to the same number.
 *
 * B batch, T targets, S sources, D width, M heads, d = D / M.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isTraced } from '../epilogue/op';
import { expectShape, expectThat } from '../shapes';
import { busyInvocations, isSoftware } from '../tiling';
import { chooseVariant } from '../tuning/tuning';
import { untraced } from '../untraced';
import { attentionInStrips } from './composed';
import { runForward, runQueryGradient, runSourceGradient, runStatistics, section, type Attention } from './program';
import { registerAttentionVariants } from './tunable';
import {
  attentionVariant,
  FUSED,
  fusedFits,
  tileOf,
  tuningName,
  WIDEST,
  type AttentionPass,
  type AttentionSizes,
  type AttentionTile,
  type AttentionVariant,
  type FusedVariant,
} from './variant';

const NAME = 'attention';
const FORWARD = 'StepAttention';
/** Its results are the answer and the logarithms of the rows' sums. */
const FORWARD_SAVED = 'StepAttentionSaved';
const BACKWARD = 'StepAttentionGrad';

interface Attributes {
  heads: number;
  /** Default: for each pass what the tuner measured, else the rule's. */
  variant?: FusedVariant | undefined;
}

export interface AttentionOptions {
  /** [B,S] float32: 1 for a source that is seen, 0 for one that is not (padding). */
  keyMask?: tf.Tensor2D | undefined;
  /** Default: what is best on the adapter. */
  variant?: AttentionVariant;
}

function sizesOf(q: tf.TensorInfo, k: tf.TensorInfo, heads: number): AttentionSizes {
  const [batch, targets, all] = q.shape as [number, number, number];
  return { batch, targets, sources: k.shape[1]!, heads, width: all / heads };
}

/** The variant for sizes that are checked. */
function bestVariant(sizes: AttentionSizes): AttentionVariant {
  if (tf.getBackend() !== 'webgpu') return 'composed';
  return attentionVariant(isSoftware(tf.backend() as WebGPUBackend), sizes);
}

/**
 * softmax(q k / sqrt(d)) v over the sources, in every head; heads are neighbouring columns.
 * @param q [B,T,D]
 * @param k @param v [B,S,D]
 * @param heads M, a divisor of D
 * @returns [B,T,D]; gradients to q, k and v. A target whose sources are all hidden gets a mean of them
 * @throws DetectorError `internal` when the shapes do not fit each other
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads: number,
  { keyMask, variant }: AttentionOptions = {},
): tf.Tensor3D {
  const [batch, , width] = q.shape;
  const sources = k.shape[1];
  expectThat(NAME, width % heads === 0, `expected heads to divide D = ${width}, got ${heads}`);
  expectShape(NAME, 'k', k.shape, [batch, 'S', width]);
  expectShape(NAME, 'v', v.shape, [batch, sources, width]);
  if (keyMask) expectShape(NAME, 'keyMask', keyMask.shape, [batch, sources]);
  const sizes = sizesOf(q, k, heads);
  const chosen = variant ?? bestVariant(sizes);
  if (chosen === 'composed') return tf.tidy(() => attentionInStrips(q, k, v, heads, keyMask));
  const wanted = `heads of a width that is a multiple of 4 up to ${WIDEST} for variant ${chosen}`;
  expectThat(NAME, fusedFits(sizes), `expected ${wanted}, got ${sizes.width}`);
  return fused(q, k, v, { heads, variant: variant && chosen }, keyMask);
}

function fused(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  attributes: Attributes,
  keyMask: tf.Tensor2D | undefined,
): tf.Tensor3D {
  const run = <T>(name: string, inputs: tf.NamedTensorMap): T =>
    tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap) as T;
  const hidden = keyMask && { mask: keyMask };
  if (!isTraced()) return run(FORWARD, { q, k, v, ...hidden });
  const traced = tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const [ownQ, ownK, ownV] = given as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [y, sums] = run<[tf.Tensor, tf.Tensor]>(FORWARD_SAVED, { q: ownQ, k: ownK, v: ownV, ...hidden });
    save([ownQ, ownK, ownV, y, sums, ...(keyMask ? [keyMask] : [])]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sq, sk, sv, sy, ss, mask] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?];
        const inputs = { q: sq, k: sk, v: sv, y: sy, sums: ss, dy, ...(mask && { mask }) };
        return untraced(() => run<tf.Tensor[]>(BACKWARD, inputs));
      },
    };
  });
  return traced(q, k, v) as tf.Tensor3D;
}

type Infos = Record<string, tf.TensorInfo | undefined>;

/** One call of a kernel: what its programs have in common, and their tiles. */
function callOf(
  backend: WebGPUBackend,
  { q, k, v, mask }: Infos,
  { heads, variant }: Attributes,
): { call: Attention; tile: (pass: AttentionPass) => AttentionTile } {
  const sizes = sizesOf(q!, k!, heads);
  const { batch, targets, sources, width } = sizes;
  const measured = (pass: AttentionPass): string =>
    chooseVariant(
      tuningName(pass),
      [batch * heads, targets, sources, width],
      FUSED,
      attentionVariant(isSoftware(backend), sizes),
    );
  return {
    call: { backend, sizes, q: q!, k: k!, v: v!, mask },
    tile: (pass) => tileOf((variant ?? measured(pass)) as FusedVariant, pass, sizes, busyInvocations(backend)),
  };
}

/** @returns [B,T,D] and [B,M,T,4] */
function forwardSaved(backend: WebGPUBackend, inputs: Infos, attributes: Attributes): tf.TensorInfo[] {
  const { call, tile } = callOf(backend, inputs, attributes);
  const { batch, targets, heads, width } = call.sizes;
  const both = runForward(call, tile('forward'), true);
  const y = section(backend, both, 0, call.q.shape);
  const sums = section(backend, both, batch * targets * heads * width, [batch, heads, targets, 4]);
  backend.disposeData(both.dataId);
  return [y, sums];
}

/** @returns gradients of q, k and v */
function backward(backend: WebGPUBackend, inputs: Infos, attributes: Attributes): tf.TensorInfo[] {
  const { call, tile } = callOf(backend, inputs, attributes);
  const { y, sums, dy } = inputs;
  const statistics = runStatistics(call, y!, sums!, dy!);
  const ofQ = runQueryGradient(call, tile('queryGradient'), statistics, dy!);
  const both = runSourceGradient(call, tile('sourceGradient'), statistics, dy!);
  const { shape } = call.k;
  const ofK = section(backend, both, 0, shape);
  const ofV = section(backend, both, tf.util.sizeFromShape(shape), shape);
  backend.disposeData(statistics.dataId);
  backend.disposeData(both.dataId);
  return [ofQ, ofK, ofV];
}

export function registerAttention(): void {
  const register = (
    kernelName: string,
    run: (backend: WebGPUBackend, inputs: Infos, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[],
  ): void =>
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, backend, attrs }) =>
        run(backend as WebGPUBackend, inputs as Infos, attrs as unknown as Attributes),
    });
  register(FORWARD, (backend, inputs, attributes) => {
    const { call, tile } = callOf(backend, inputs, attributes);
    return runForward(call, tile('forward'), false);
  });
  register(FORWARD_SAVED, forwardSaved);
  register(BACKWARD, backward);
  registerAttentionVariants();
}
