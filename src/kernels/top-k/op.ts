/**
 * The best rows of a score matrix, chosen on the GPU without a read-back (query selection: Deformable DETR's two stages,
 * arXiv 2010.04159, section 4.2; RT-DETR, arXiv 2304.08069, section 4.3).
 *
 * A row's place is the number of rows before it. To count for a few rows only: split the rows into at least k groups and
 * take the best of each. The k-th best of these has k - 1 rows before it, so no row behind it is among the best k.
 *
 * B batch, N rows, C columns (classes).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram, type Uniform } from '../program';
import { expectThat } from '../shapes';
import { untraced } from '../untraced';
import groupsSource from './groups.wgsl?raw';
import keysSource from './keys.wgsl?raw';
import rankSource from './rank.wgsl?raw';
import { topKReference } from './reference';
import thresholdSource from './threshold.wgsl?raw';

const NAME = 'topK';
const KERNEL = 'StepTopK';
/** Rows of a group, at most: more makes the groups' ranking cheaper and their threshold looser. */
const MOST_IN_GROUP = 16;

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

/** One of the four programs; all of its numbers are integers. */
function run(
  backend: WebGPUBackend,
  pass: string,
  source: string,
  inputs: Record<string, Info>,
  shape: number[],
  work: number,
  numbers: Record<string, number>,
): Info {
  const uniforms: Record<string, Uniform> = { total: { i32: [work] } };
  for (const [name, value] of Object.entries(numbers)) uniforms[name] = { i32: [value] };
  return runProgram(backend, {
    name: `${KERNEL}${pass}`,
    source,
    inputs,
    output: { shape, dtype: 'int32' },
    work,
    uniforms,
  });
}

function topKOnGpu(backend: WebGPUBackend, scores: Info, k: number): Info {
  const [batch, rows, columns] = scores.shape as [number, number, number];
  const size = Math.min(MOST_IN_GROUP, Math.max(1, Math.floor(rows / (2 * k))));
  const groups = Math.ceil(rows / size);
  const keys = run(backend, 'Keys', keysSource, { scores }, [batch, rows], batch * rows, { columns });
  const best = run(backend, 'Groups', groupsSource, { keys }, [batch, groups], batch * groups, { rows, groups, size });
  const threshold = run(backend, 'Threshold', thresholdSource, { keys, best }, [batch], batch * groups, {
    rows,
    groups,
    k,
  });
  const indices = run(backend, 'Rank', rankSource, { keys, threshold }, [batch, k], batch * rows, { rows, k });
  for (const { dataId } of [keys, best, threshold]) backend.disposeData(dataId);
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
