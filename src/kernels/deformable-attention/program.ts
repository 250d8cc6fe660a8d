/**
 * What the programs of deformable attention share: levels, constants, uniforms.
 *
 * B batch, N cells of all levels, Q queries, M heads, K samples (sum of `points`), d channels of a head.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Program, Uniform } from '../program';
import { vectorSource, type VectorSize } from '../vectors/vectors';
import type { Extents, Sampling } from './reference';
import samplingSource from './sampling.wgsl?raw';

/** As many as sampling.wgsl has uniforms for. */
export const MOST_LEVELS = 8;

/** value [B,N,M*d], locations [B,Q,M,K,2], weights [B,Q,M,K], dy [B,Q,M*d] */
export type GradientInputs = Record<'value' | 'locations' | 'weights' | 'dy', TensorInfo>;

/** Of value [B,N,M*d] and weights [B,Q,M,K]. */
export function extentsOf(value: TensorInfo, weights: TensorInfo): Extents {
  const [batch, cells, width] = value.shape as [number, number, number];
  const [, queries, heads] = weights.shape as [number, number, number, number];
  return { batch, cells, queries, heads, depth: width / heads };
}

function levelUniforms({ shapes, points }: Sampling): Record<string, Uniform> {
  const uniforms: Record<string, Uniform> = {};
  let first = 0;
  for (let l = 0; l < MOST_LEVELS; l++) {
    const [h, w] = shapes[l] ?? [0, 0];
    uniforms[`level${l}`] = { i32: [h, w, first, points[l] ?? 0] };
    first += h * w;
  }
  return uniforms;
}

/** What the programs share. `vector` channels are handled at once. */
export function programOf(
  name: string,
  source: string,
  sampling: Sampling,
  extents: Extents,
  vector: VectorSize,
  work: number,
): Omit<Program, 'inputs' | 'output'> {
  return {
    name: `${name}${vector}`,
    source: vectorSource(vector) + samplingSource + source,
    work,
    constants: {
      LEVELS: sampling.shapes.length,
      SAMPLES: sampling.points.reduce((sum, n) => sum + n, 0),
      HEADS: extents.heads,
      DEPTH: extents.depth / vector,
    },
    uniforms: {
      ...levelUniforms(sampling),
      cells: { i32: [extents.cells] },
      queries: { i32: [extents.queries] },
      total: { i32: [work] },
    },
  };
}
