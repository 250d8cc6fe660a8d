/**
 * The gradient of deformable attention's values, by gathering: the samples that read a cell are on four linked lists, which one
 * program makes and another walks. No floats are added by atomics, and the result does not depend on the lists' order.
 *
 * B batch, N cells of all levels, Q queries, M heads, K samples (sum of `points`), d channels of a head.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Uniform } from '../program';
import { runTemplate } from '../template';
import { vectorSize, type VectorSize } from '../vectors/vectors';
import linkSource from './link.wgsl?raw';
import { extentsOf, programOf, type GradientInputs } from './program';
import type { Sampling } from './reference';
import valueGradientSource from './value-gradient.wgsl?raw';
import whole1 from './whole1.wgsl?raw';
import whole4 from './whole4.wgsl?raw';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Places of a (batch, head): upper left cells of samples that read at least one cell. */
const placesOf = ({ shapes }: Sampling): number => sum(shapes.map(([h, w]) => (h + 1) * (w + 1)));

/** Bits of a whole number that stay free for the sum of all terms of a cell: a sample reads it once, if it is of its level. */
function headroom({ points }: Sampling, queries: number): number {
  return Math.ceil(Math.log2(Math.max(2, queries * Math.max(...points))));
}

function zeros(backend: WebGPUBackend, size: number): tf.TensorInfo {
  const attrs = { shape: [size], value: 0, dtype: 'int32' as const };
  return tf.getKernel('Fill', 'webgpu').kernelFunc({ inputs: {}, backend, attrs }) as tf.TensorInfo;
}

const source = (vector: VectorSize, own: string): string => (vector === 4 ? whole4 : whole1) + own;

/** @returns [B,N,M*d] */
export function valueGradient(backend: WebGPUBackend, inputs: GradientInputs, sampling: Sampling): tf.TensorInfo {
  const { value, locations, weights, dy } = inputs;
  const extents = extentsOf(value, weights);
  const { batch, cells, heads, depth, queries } = extents;
  const vector = vectorSize(depth);
  const samples = tf.util.sizeFromShape(weights.shape);
  const nexts = batch * heads * placesOf(sampling);
  const greatest = nexts + samples;
  const layout: Record<string, Uniform> = {
    places: { i32: [placesOf(sampling)] },
    nexts: { i32: [nexts] },
    greatest: { i32: [greatest] },
  };
  const { source: linkTemplate, ...link } = programOf(
    'DeformableAttentionLink',
    source(vector, linkSource),
    sampling,
    extents,
    vector,
    samples,
  );
  const lists = runTemplate(
    backend,
    {
      ...link,
      template: linkTemplate,
      inputs: { locations, weights, dy },
      output: { shape: [greatest + batch * heads], dtype: 'int32' },
      components: { inputs: [2, 1, vector] },
      uniforms: { ...link.uniforms, ...layout },
      atomic: true,
    },
    zeros(backend, greatest + batch * heads),
  );
  const work = (batch * cells * heads * depth) / vector;
  const { source: template, ...gather } = programOf(
    'DeformableAttentionValueGradient',
    source(vector, valueGradientSource),
    sampling,
    extents,
    vector,
    work,
  );
  const result = runTemplate(backend, {
    ...gather,
    template,
    inputs: { locations, weights, dy, lists },
    output: { shape: value.shape },
    components: { output: vector, inputs: [2, 1, vector, 1] },
    uniforms: { ...gather.uniforms, ...layout, unit: { f32: [2 ** (30 - headroom(sampling, queries))] } },
    flops: samples * 4 * depth * 8,
  });
  backend.disposeData(lists.dataId);
  return result;
}
