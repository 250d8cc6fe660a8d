/** Programs of softmax and of sums, means and maxima over neighbouring axes. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { chooseSharing, sharingOf, type RowVariant } from '../rows/sharing';
import { runTemplate } from '../template';
import { busyInvocations } from '../tiling';
import { vectorSize } from '../vectors/vectors';
import reduceSource from './reduce.wgsl?raw';
import rowsSource from './rows.wgsl?raw';
import softmaxSource from './softmax.wgsl?raw';

/** A reduction as [outer, length, inner] -> [outer, inner]. */
export interface Reduction {
  outer: number;
  length: number;
  inner: number;
}

/** The reduction over `axes` of `shape`, or null where the axes are not neighbours. */
export function reductionOf(shape: readonly number[], axes: readonly number[]): Reduction | null {
  const sorted = [...axes].sort((a, b) => a - b);
  if (sorted.length === 0 || sorted.some((axis, at) => at > 0 && axis !== sorted[at - 1]! + 1)) return null;
  const size = (from: number, to: number): number => util.sizeFromShape(shape.slice(from, to) as number[]);
  const [first, after] = [sorted[0]!, sorted[sorted.length - 1]! + 1];
  return { outer: size(0, first), length: size(first, after), inner: size(after, shape.length) };
}

/** Entries that one invocation of a first pass should at least join, and passes' most partial results. */
const SHORTEST_CHUNK = 16;
const MOST_CHUNKS = 64;

function pass(
  backend: WebGPUBackend,
  x: TensorInfo,
  { outer, length, inner }: Reduction,
  { maximum, chunks, factor }: { maximum: boolean; chunks: number; factor: number },
): TensorInfo {
  const wide = inner % 4 === 0;
  const lanes = inner === 1 && length % 4 === 0;
  const counted = lanes ? length / 4 : length;
  const chunk = Math.ceil(counted / chunks);
  const used = Math.ceil(counted / chunk);
  const across = wide ? inner / 4 : inner;
  const work = outer * used * across;
  return runTemplate(backend, {
    name: 'StepReduce',
    template: reduceSource,
    inputs: { x },
    output: { shape: [outer, used, inner] },
    components: { output: wide ? 4 : 1, inputs: [wide || lanes ? 4 : 1] },
    work,
    constants: { MAXIMUM: maximum, WIDE: wide, LANES: lanes },
    uniforms: {
      work: { i32: [work] },
      count: { i32: [counted] },
      inner: { i32: [across] },
      chunk: { i32: [chunk] },
      chunks: { i32: [used] },
      factor: { f32: [factor] },
    },
  });
}

/** Names for `chooseVariant`; sizes are rows and their length. */
export const ROW_REDUCTION = 'row reduction';
export const SOFTMAX = 'softmax';

/** Every row by several invocations at once. */
function reduceRows(
  backend: WebGPUBackend,
  x: TensorInfo,
  { outer, length }: Reduction,
  kind: 'sum' | 'mean' | 'max',
  variant: RowVariant,
): TensorInfo {
  const components = vectorSize(length);
  const { source, workgroup, constants } = sharingOf(backend.device, variant, length / components, 1);
  return runTemplate(backend, {
    name: `StepReduceRows ${variant}`,
    template: source + rowsSource,
    inputs: { x },
    output: { shape: [outer, 1, 1] },
    components: { inputs: [components] },
    work: outer * constants.PARTS,
    workgroupSize: [workgroup, 1, 1],
    constants: { ...constants, MAXIMUM: kind === 'max', WIDE: components === 4 },
    uniforms: {
      rows: { i32: [outer] },
      count: { i32: [length / components] },
      factor: { f32: [kind === 'mean' ? 1 / length : 1] },
    },
  });
}

/**
 * Reduces x, seen as [outer, length, inner], over its middle axis; in two passes where one would leave the machine idle, or rows by the
 * variant for their sizes.
 * @returns [outer, 1, inner], to be given its shape by the caller
 */
export function runReduction(
  backend: WebGPUBackend,
  x: TensorInfo,
  size: Reduction,
  kind: 'sum' | 'mean' | 'max',
): TensorInfo {
  const { outer, length, inner } = size;
  const variant = inner === 1 ? chooseSharing(backend, ROW_REDUCTION, outer, length) : 'alone';
  if (variant !== 'alone') return reduceRows(backend, x, size, kind, variant);
  const maximum = kind === 'max';
  const factor = kind === 'mean' ? 1 / length : 1;
  const outputs = outer * (inner % 4 === 0 ? inner / 4 : inner);
  const wanted = Math.ceil(busyInvocations(backend) / outputs);
  const chunks = Math.min(wanted, Math.floor(length / SHORTEST_CHUNK), MOST_CHUNKS);
  if (chunks < 2) return pass(backend, x, size, { maximum, chunks: 1, factor });
  const parts = pass(backend, x, size, { maximum, chunks, factor: 1 });
  const whole = pass(backend, parts, { outer, length: parts.shape[1]!, inner }, { maximum, chunks: 1, factor });
  backend.disposeData(parts.dataId);
  return whole;
}

/** Softmax of x over its last axis. */
export function runSoftmax(backend: WebGPUBackend, logits: TensorInfo): TensorInfo {
  const length = logits.shape[logits.shape.length - 1]!;
  const rows = util.sizeFromShape(logits.shape) / length;
  const components = vectorSize(length);
  const variant = chooseSharing(backend, SOFTMAX, rows, length);
  const { source, workgroup, constants } = sharingOf(backend.device, variant, length / components, 1);
  return runTemplate(backend, {
    name: `StepSoftmax ${variant}`,
    template: source + softmaxSource,
    inputs: { logits },
    output: { shape: logits.shape },
    components: { output: components, inputs: [components] },
    work: rows * constants.PARTS,
    workgroupSize: [workgroup, 1, 1],
    constants: { ...constants, WIDE: components === 4 },
    uniforms: { rows: { i32: [rows] }, count: { i32: [length / components] } },
  });
}
