/**
 * Rows in groups: 64-bit keys that equal rows share, sums over a group, and a group's numbers back to its rows. The last two
 * are each other's gradients.
 *
 * R rows, G groups, W width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import { expectShape, expectThat } from '../shapes';
import { untraced } from '../untraced';
import { vectorSize, vectorSource } from '../vectors/vectors';
import hashSource from './hash.wgsl?raw';
import { hashKeysReference, LEAST, MOST, spreadGroupsReference, sumGroupsReference } from './reference';
import spreadSource from './spread.wgsl?raw';
import sumSource from './sum.wgsl?raw';

const HASH = 'StepHashKeys';
const SUM = 'StepSumGroups';
const SPREAD = 'StepSpreadGroups';

/** Which rows belong together, int32; what does not fit each other is undefined. */
export interface RowGroups {
  /** Rows, group by group: those of group g from starts[g] to starts[g+1]. One number at least. */
  members: tf.Tensor1D;
  /** [G+1] */
  starts: tf.Tensor1D;
  /** [R] each row's group, -1 for none. */
  owner: tf.Tensor1D;
}

/**
 * Two 32-bit hashes of each row's numbers, rounded down (and cut to int32). Not differentiable: it runs untraced.
 * @param x [R,W] float32, without NaN
 * @returns [R,2] int32
 * @throws DetectorError `internal` for another shape
 */
export function hashKeys(x: tf.Tensor2D): tf.Tensor2D {
  expectThat(
    'hashKeys',
    x.rank === 2 && x.dtype === 'float32',
    `expected x [R,W] of float32, got [${x.shape}] of ${x.dtype}`,
  );
  return untraced(() => tf.engine().runKernel(HASH, { x }));
}

/**
 * @param x [R,W]
 * @returns [G,W], zeros for a group without rows; gradient to x
 * @throws DetectorError `internal` when the shapes do not fit
 */
export function sumGroups(x: tf.Tensor2D, groups: RowGroups): tf.Tensor2D {
  expectShape('sumGroups', 'owner', groups.owner.shape, [x.shape[0]]);
  return tf.engine().runKernel(SUM, { x, ...groups });
}

/**
 * @param x [G,W]
 * @returns [R,W], zeros for a row of no group; gradient to x
 * @throws DetectorError `internal` when the shapes do not fit
 */
export function spreadGroups(x: tf.Tensor2D, groups: RowGroups): tf.Tensor2D {
  expectShape('spreadGroups', 'starts', groups.starts.shape, [x.shape[0] + 1]);
  return tf.engine().runKernel(SPREAD, { x, ...groups });
}

type Info = tf.TensorInfo;

/** One of the two programs over rows [rows, W]. @param indices its integer inputs */
function runOver(
  backend: WebGPUBackend,
  name: string,
  source: string,
  x: Info,
  indices: Record<string, Info>,
  rows: number,
): Info {
  const width = x.shape[1]!;
  const components = vectorSize(width);
  const total = (rows * width) / components;
  return runProgram(backend, {
    name: `${name}${components}`,
    source: vectorSource(components) + source,
    inputs: { x, ...indices },
    output: { shape: [rows, width] },
    components: { output: components, inputs: [components, ...Object.keys(indices).map(() => 1)] },
    work: total,
    uniforms: { total: { i32: [total] }, width: { i32: [width / components] } },
  });
}

const INDICES = ['members', 'starts', 'owner'];

/** The gradient of one is the other over the same groups. */
function registerAdjoint(kernelName: string, adjoint: string): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: INDICES,
    gradFunc: (dy, saved) => {
      const [members, starts, owner] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const gradient: tf.Tensor = tf.engine().runKernel(adjoint, { x: dy as tf.Tensor, members, starts, owner });
      return { x: () => gradient };
    },
  });
}

export function registerClusters(): void {
  registerEverywhere(HASH, {
    webgpu: (backend, { x }) => {
      const [rows, width] = x!.shape as [number, number];
      return runProgram(backend, {
        name: HASH,
        source: hashSource,
        inputs: { x: x! },
        output: { shape: [rows, 2], dtype: 'int32' },
        work: rows,
        constants: { LEAST, MOST },
        uniforms: { total: { i32: [rows] }, width: { i32: [width] } },
      });
    },
    reference: (read, { x }) => [{ shape: [x!.shape[0]!, 2], values: hashKeysReference(read(x!), x!.shape[1]!) }],
  });
  registerEverywhere(SUM, {
    webgpu: (backend, { x, members, starts }) =>
      runOver(backend, SUM, sumSource, x!, { members: members!, starts: starts! }, starts!.shape[0]! - 1),
    reference: (read, { x, members, starts }) => {
      const [width, groups] = [x!.shape[1]!, starts!.shape[0]! - 1];
      return [{ shape: [groups, width], values: sumGroupsReference(read(x!), width, read(members!), read(starts!)) }];
    },
  });
  registerEverywhere(SPREAD, {
    webgpu: (backend, { x, owner }) => runOver(backend, SPREAD, spreadSource, x!, { owner: owner! }, owner!.shape[0]!),
    reference: (read, { x, owner }) => {
      const [width, rows] = [x!.shape[1]!, owner!.shape[0]!];
      return [{ shape: [rows, width], values: spreadGroupsReference(read(x!), width, read(owner!)) }];
    },
  });
  registerAdjoint(SUM, SPREAD);
  registerAdjoint(SPREAD, SUM);
}
