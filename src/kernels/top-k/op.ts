/**
 * The best rows of a score matrix, chosen on the GPU without a read-back (query selection: Deformable DETR's two stages,
 * arXiv 2010.04159, section 4.2; RT-DETR, arXiv 2304.08069, section 4.3).
 *
 * A row's place is the number of rows before it. Counting that for every row takes N^2 steps, so most are ruled out first:
 * split the rows into at least k groups and take the best of each. The k-th best of these is a threshold: k rows do not come
 * after it, so no row behind it is chosen. Only the others, about 1.4 k of random scores, are ranked among themselves.
 *
 * B batch, N rows, C columns (classes).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram, type Program, type Uniform } from '../program';
import { expectThat } from '../shapes';
import { untraced } from '../untraced';
import candidatesSource from './candidates.wgsl?raw';
import groupsSource from './groups.wgsl?raw';
import keysSource from './keys.wgsl?raw';
import orderSource from './order.wgsl?raw';
import rankSource from './rank.wgsl?raw';
import { topKReference } from './reference';
import thresholdSource from './threshold.wgsl?raw';

const NAME = 'topK';
const KERNEL = 'StepTopK';
/** Rows of a group, at most: one thread reads them all. */
const MOST_IN_GROUP = 32;

type Info = tf.TensorInfo;

/**
 * Indices of the k rows with the highest maximum over C, best first. Equal rows: the lower index first; -0 equals 0. A row
 * that holds a NaN comes after all others. Not differentiable: it runs untraced.
 * @param scores [B,N,C] float32
 * @param k 1..N
 * @returns [B,k] int32
 * @throws DetectorError `internal` when scores or k do not fit
 */
export function topK(scores: tf.Tensor3D, k: number): tf.Tensor2D {
  const [, rows, columns] = scores.shape;
  expectThat(
    NAME,
    scores.rank === 3 && scores.dtype === 'float32' && columns >= 1,
    `expected scores [B,N,C] of float32 with C >= 1, got [${scores.shape}] of ${scores.dtype}`,
  );
  expectThat(NAME, Number.isInteger(k) && k >= 1 && k <= rows, `expected k in 1..${rows}, got ${k}`);
  return untraced(() => tf.engine().runKernel(KERNEL, { scores }, { k }));
}

/** Runs the programs of one call; all of their numbers are integers. */
class Selection {
  private readonly uniforms: Record<string, Uniform>;
  readonly batch: number;
  readonly rows: number;
  readonly groups: number;

  constructor(
    private readonly backend: WebGPUBackend,
    [batch, rows, columns]: readonly [number, number, number],
    readonly k: number,
  ) {
    // Twice as many groups as k: the threshold then lets about 1.4 k rows through.
    const size = Math.min(MOST_IN_GROUP, Math.max(1, Math.floor(rows / (2 * k))));
    [this.batch, this.rows, this.groups] = [batch, rows, Math.ceil(rows / size)];
    const numbers = { rows, columns, groups: this.groups, size, k };
    this.uniforms = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { i32: [value] }]));
  }

  /** @param components numbers of a vector in the output and in each input */
  run(
    pass: string,
    source: string,
    inputs: Record<string, Info>,
    output: { shape: number[]; work: number; components?: NonNullable<Program['components']>; into?: Info },
  ): Info {
    const { shape, work, components = {}, into } = output;
    return runProgram(
      this.backend,
      {
        name: `${KERNEL}${pass}`,
        source: orderSource + source,
        inputs,
        output: { shape, dtype: 'int32' },
        components,
        work,
        uniforms: { ...this.uniforms, total: { i32: [work] } },
        ...(into ? { atomic: true } : {}),
      },
      into,
    );
  }
}

function topKOnGpu(backend: WebGPUBackend, scores: Info, k: number): Info {
  const selection = new Selection(backend, scores.shape as [number, number, number], k);
  const { batch, rows, groups } = selection;
  const all = batch * rows;
  const keys = selection.run('Keys', keysSource, { scores }, { shape: [batch, rows], work: all });
  const best = selection.run(
    'Groups',
    groupsSource,
    { keys },
    { shape: [batch, groups, 2], work: batch * groups, components: { output: 2, inputs: [1] } },
  );
  const threshold = selection.run(
    'Threshold',
    thresholdSource,
    { best },
    { shape: [batch, 2], work: batch * groups, components: { output: 2, inputs: [2] } },
  );
  const shape = [batch, 1 + 2 * rows];
  const into = tf
    .getKernel('Fill', 'webgpu')
    .kernelFunc({ inputs: {}, backend, attrs: { shape, value: 0, dtype: 'int32' } }) as Info;
  const candidates = selection.run(
    'Candidates',
    candidatesSource,
    { keys, threshold },
    { shape, work: all, components: { inputs: [1, 2] }, into },
  );
  const indices = selection.run('Rank', rankSource, { candidates }, { shape: [batch, k], work: all });
  for (const { dataId } of [keys, best, threshold, candidates]) backend.disposeData(dataId);
  return indices;
}

export function registerTopK(): void {
  registerEverywhere(KERNEL, {
    webgpu: (backend, { scores }, { k }) => topKOnGpu(backend, scores!, k as number),
    reference: (read, { scores }, { k }) => {
      const shape = scores!.shape as [number, number, number];
      return [{ shape: [shape[0], k as number], values: topKReference(read(scores!), shape, k as number) }];
    },
  });
}
