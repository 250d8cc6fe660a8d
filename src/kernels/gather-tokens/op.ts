/**
 * Some tokens of every image by their indices, which may repeat. The gradient is a sum over those that read a token, without atomics
 * and without TF.js's transposes (its gradient of a gather has two, and a sum by segments).
 *
 * B batch, N tokens, Q queries, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import { expectThat } from '../shapes';
import firstSource from './first.wgsl?raw';
import gatherSource from './gather.wgsl?raw';
import { firstReference, gatherReference, scatterReference } from './reference';
import scatterSource from './scatter.wgsl?raw';

const GATHER = 'StepGatherTokens';
const FIRST = 'StepGatherTokensFirst';
const SCATTER = 'StepGatherTokensScatter';

/**
 * @param tokens [B,N,C]; gradient to them
 * @param indices [B,Q] int32, 0..N-1
 * @returns [B,Q,C]
 * @throws DetectorError `internal` for shapes that do not fit
 */
export function gatherTokens(tokens: tf.Tensor3D, indices: tf.Tensor2D): tf.Tensor3D {
  const fits = tokens.rank === 3 && indices.rank === 2 && tokens.shape[0] === indices.shape[0];
  expectThat(
    'gatherTokens',
    fits && indices.dtype === 'int32',
    `expected tokens [B,N,C] and int32 indices [B,Q], got [${tokens.shape}] and ${indices.dtype} [${indices.shape}]`,
  );
  return tf.engine().runKernel(GATHER, { tokens, indices });
}

type Given = Record<string, tf.TensorInfo>;

const componentsOf = (channels: number): number => (channels % 4 === 0 ? 4 : 1);

/** A program over [B,N or Q,C]. */
function runRows(
  backend: WebGPUBackend,
  program: { name: string; source: string },
  inputs: Given,
  [B, N, C]: readonly number[],
  { queries, rows }: { queries: number; rows: number },
): tf.TensorInfo {
  const components = componentsOf(C!);
  const channels = C! / components;
  const zero = components === 4 ? 'vec4<f32>()' : '0.0';
  const total = B! * rows * channels;
  return runProgram(backend, {
    name: `${program.name}${components}`,
    source: `const ZERO = ${zero};\n${program.source}`,
    inputs,
    output: { shape: [B!, rows, C!] },
    components: {
      output: components,
      inputs: Object.keys(inputs).map((name) => (name === 'tokens' || name === 'dy' ? components : 1)),
    },
    work: total,
    uniforms: {
      total: { i32: [total] },
      channels: { i32: [channels] },
      count: { i32: [N!] },
      queries: { i32: [queries] },
    },
  });
}

function runFirst(backend: WebGPUBackend, indices: tf.TensorInfo, [B, N]: readonly number[]): tf.TensorInfo {
  return runProgram(backend, {
    name: FIRST,
    source: firstSource,
    inputs: { indices },
    output: { shape: [B!, N!], dtype: 'int32' },
    work: B! * N!,
    uniforms: { total: { i32: [B! * N!] }, count: { i32: [N!] }, queries: { i32: [indices.shape[1]!] } },
  });
}

export function registerGatherTokens(): void {
  registerEverywhere(GATHER, {
    webgpu: (backend, { tokens, indices }) => {
      const queries = indices!.shape[1]!;
      const inputs = { tokens: tokens!, indices: indices! };
      return runRows(backend, { name: GATHER, source: gatherSource }, inputs, tokens!.shape, {
        queries,
        rows: queries,
      });
    },
    reference: (read, { tokens, indices }) => {
      const [B, , C] = tokens!.shape;
      const queries = indices!.shape[1]!;
      const values = gatherReference(read(tokens!), read(indices!), tokens!.shape, queries);
      return [{ shape: [B!, queries, C!], values }];
    },
  });
  registerEverywhere(FIRST, {
    webgpu: (backend, { indices }, { shape }) => runFirst(backend, indices!, shape as number[]),
    reference: (read, { indices }, { shape }) => [
      { shape: shape as number[], values: firstReference(read(indices!), shape as number[], indices!.shape[1]!) },
    ],
  });
  registerEverywhere(SCATTER, {
    webgpu: (backend, { dy, indices, first }, { shape }) => {
      const size = shape as number[];
      const inputs = { dy: dy!, indices: indices!, first: first! };
      const rows = { queries: indices!.shape[1]!, rows: size[1]! };
      return runRows(backend, { name: SCATTER, source: scatterSource }, inputs, size, rows);
    },
    reference: (read, { dy, indices }, { shape }) => [
      {
        shape: shape as number[],
        values: scatterReference(read(dy!), read(indices!), shape as number[], indices!.shape[1]!),
      },
    ],
  });
  tf.registerGradient({
    kernelName: GATHER,
    inputsToSave: ['tokens', 'indices'],
    gradFunc: (dy, saved) => {
      const [tokens, indices] = saved as [tf.Tensor3D, tf.Tensor2D];
      const { shape } = tokens;
      const first: tf.Tensor = tf.engine().runKernel(FIRST, { indices }, { shape: shape.slice(0, 2) });
      const given: tf.Tensor = tf.engine().runKernel(SCATTER, { dy: dy as tf.Tensor, indices, first }, { shape });
      return { tokens: () => given, indices: () => tf.zerosLike(indices) };
    },
  });
}
