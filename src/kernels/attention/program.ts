/**
 * The programs of fused attention: constants, uniforms, work.
 *
 * B batch, T targets, S sources, D width, M heads, d = D / M.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Program } from '../program';
import { runTemplate } from '../template';
import forwardSource from './forward.wgsl?raw';
import queryGradientSource from './query-gradient.wgsl?raw';
import sectionSource from './section.wgsl?raw';
import sourceGradientSource from './source-gradient.wgsl?raw';
import statisticsSource from './statistics.wgsl?raw';
import walkSource from './walk.wgsl?raw';
import { pitchOf, sharedVectors, type AttentionPass, type AttentionSizes, type AttentionTile } from './variant';

/** What hidden sources' exponents (to base 2) lose. Not more, so that the logarithm of a row of them alone keeps its digits. */
const UNSEEN = -20000;

/** What the programs have in common. */
export interface Attention {
  backend: WebGPUBackend;
  sizes: AttentionSizes;
  q: TensorInfo;
  k: TensorInfo;
  v: TensorInfo;
  /** [B,S] */
  mask?: TensorInfo | undefined;
}

interface Walk {
  name: string;
  template: string;
  tile: AttentionTile;
  pass: AttentionPass;
  /** Rows that invocations own: T or S. */
  owned: number;
  inputs: Record<string, TensorInfo>;
  /** Numbers of a vec in each input. */
  components: number[];
  shape: number[];
  constants?: Program['constants'];
  /** Multiply-adds of a pair of target and source, in units of d. */
  products: number;
}

/** One program whose invocations own rows of one side and walk over the other's. */
function runWalk({ backend, sizes, mask }: Attention, walk: Walk): TensorInfo {
  const { batch, targets, sources, heads, width } = sizes;
  const { tile, pass, owned } = walk;
  const quads = width / 4;
  const pairs = batch * heads;
  const shared = tile.threads > 0;
  const span = shared ? (tile.threads / tile.parts) * tile.rows : tile.rows;
  const blocks = Math.ceil(owned / span) * pairs;
  return runTemplate(backend, {
    name: walk.name,
    template: walkSource + walk.template,
    inputs: { ...walk.inputs, ...(mask && { mask }) },
    output: { shape: walk.shape },
    components: { output: 4, inputs: [...walk.components, ...(mask ? [1] : [])] },
    work: shared ? blocks * tile.threads : blocks,
    workgroupSize: [shared ? tile.threads : 64, 1, 1],
    constants: {
      TILE: shared,
      OVER_TARGETS: pass === 'sourceGradient',
      ROWS: tile.rows,
      STEP: tile.step,
      KEEP: !shared,
      QUADS: quads,
      MASKED: mask !== undefined,
      UNSEEN,
      PARTS: tile.parts,
      ...(shared && {
        THREADS: tile.threads,
        KEYS: tile.keys,
        PITCH: pitchOf(width),
        SHARED: sharedVectors(pass, width, tile),
      }),
      ...walk.constants,
    },
    uniforms: {
      sizes: { i32: [targets, sources, heads, pairs] },
      factor: { f32: [Math.LOG2E / Math.sqrt(width)] },
      scale: { f32: [1 / Math.sqrt(width)] },
    },
    flops: 2 * walk.products * width * targets * sources * pairs,
  });
}

/**
 * @param saved whether the logarithms of the rows' sums are wanted
 * @returns [B,T,D]; or both in one, for `section`: [B,T,D], then [B,M,T,4] with the logarithm to base 2 first
 */
export function runForward(attention: Attention, tile: AttentionTile, saved: boolean): TensorInfo {
  const { q, k, v, sizes } = attention;
  const { batch, targets, heads, width } = sizes;
  return runWalk(attention, {
    name: 'StepAttention',
    template: forwardSource,
    tile,
    pass: 'forward',
    owned: targets,
    inputs: { q, k, v },
    components: [4, 4, 4],
    shape: saved ? [batch * heads * targets * (width + 4)] : q.shape,
    constants: { SAVED: saved },
    products: 2,
  });
}

/** Numbers of x from `first` on, multiples of 4. @returns of `shape` */
export function section(backend: WebGPUBackend, x: TensorInfo, first: number, shape: number[]): TensorInfo {
  const count = shape.reduce((product, length) => product * length, 1) / 4;
  return runTemplate(backend, {
    name: 'StepAttentionSection',
    template: sectionSource,
    inputs: { x },
    output: { shape },
    components: { output: 4, inputs: [4] },
    work: count,
    uniforms: { first: { i32: [first / 4] }, count: { i32: [count] } },
    flops: 0,
  });
}

/** @param y the result @param sums [B,M,T,4] as `runForward` left them @returns [B,M,T,2] logarithm and delta */
export function runStatistics(
  { backend, sizes }: Attention,
  y: TensorInfo,
  sums: TensorInfo,
  dy: TensorInfo,
): TensorInfo {
  const { batch, targets, heads, width } = sizes;
  const rows = batch * heads * targets;
  return runTemplate(backend, {
    name: 'StepAttentionStatistics',
    template: statisticsSource,
    inputs: { y, sums, dy },
    output: { shape: [batch, heads, targets, 2] },
    components: { output: 2, inputs: [4, 4, 4] },
    work: rows,
    constants: { QUADS: width / 4 },
    uniforms: { sizes: { i32: [targets, sizes.sources, heads, batch * heads] }, rows: { i32: [rows] } },
    flops: 2 * width * rows,
  });
}

/** @param statistics of `runStatistics` @returns [B,T,D] */
export function runQueryGradient(
  attention: Attention,
  tile: AttentionTile,
  statistics: TensorInfo,
  dy: TensorInfo,
): TensorInfo {
  const { q, k, v, sizes } = attention;
  return runWalk(attention, {
    name: 'StepAttentionQueryGradient',
    template: queryGradientSource,
    tile,
    pass: 'queryGradient',
    owned: sizes.targets,
    inputs: { q, k, v, dy, statistics },
    components: [4, 4, 4, 4, 2],
    shape: q.shape,
    products: 3,
  });
}

/** @returns [2,B,S,D]: the keys' gradient, then the values' */
export function runSourceGradient(
  attention: Attention,
  tile: AttentionTile,
  statistics: TensorInfo,
  dy: TensorInfo,
): TensorInfo {
  const { q, k, v, sizes } = attention;
  return runWalk(attention, {
    name: 'StepAttentionSourceGradient',
    template: sourceGradientSource,
    tile,
    pass: 'sourceGradient',
    owned: sizes.sources,
    inputs: { q, k, v, dy, statistics },
    components: [4, 4, 4, 4, 2],
    shape: [2, ...k.shape],
    products: 4,
  });
}
