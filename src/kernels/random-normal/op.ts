/**
 * Standard normal numbers made on the GPU by a counter: number i of a stream depends on seed, stream and i alone, so that a
 * rollout can be made again and nothing is uploaded.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import { expectThat } from '../shapes';
import normalSource from './normal.wgsl?raw';
import philoxSource from './philox.wgsl?raw';
import { randomNormalReference, words } from './reference';

const NAME = 'randomNormal';
const KERNEL = 'StepRandomNormal';

export interface RandomSource {
  /** Whole number 0..2^53 of the run. */
  seed: number;
  /** Whole number 0..2^53 that is used once in the run: a step's, an image's. Streams do not overlap. */
  stream: number;
}

/**
 * The bits are the same on every adapter; logarithm, sine and cosine may differ in the last places between adapters.
 * @returns a tensor of `shape`, mean 0, variance 1, within -5.8..5.8; no gradient
 * @throws DetectorError `internal` for a seed or stream that is not a whole number 0..2^53
 */
export function randomNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], { seed, stream }: RandomSource): tf.Tensor<R> {
  for (const [name, n] of Object.entries({ seed, stream }))
    expectThat(NAME, Number.isSafeInteger(n) && n >= 0, `expected ${name} to be a whole number 0..2^53, got ${n}`);
  return tf.engine().runKernel(KERNEL, {}, { shape: [...shape], seed, stream });
}

interface Attributes {
  shape: number[];
  seed: number;
  stream: number;
}

export function registerRandomNormal(): void {
  registerEverywhere(KERNEL, {
    webgpu: (backend, _, attributes) => {
      const { shape, seed, stream } = attributes as unknown as Attributes;
      const total = tf.util.sizeFromShape(shape);
      const signed = (n: number): number[] => words(n).map((word) => word | 0);
      const { dataId, dtype } = runProgram(backend, {
        name: KERNEL,
        source: philoxSource + normalSource,
        inputs: {},
        output: { shape: [total] },
        work: Math.ceil(total / 4),
        uniforms: { total: { i32: [total] }, seed: { i32: signed(seed) }, stream: { i32: signed(stream) } },
      });
      return { dataId, dtype, shape };
    },
    reference: (_read, _inputs, attributes) => {
      const { shape, seed, stream } = attributes as unknown as Attributes;
      return [{ shape, values: randomNormalReference(tf.util.sizeFromShape(shape), seed, stream) }];
    },
  });
}
