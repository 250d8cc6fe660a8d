/**
 * What is read back of a forward pass, chosen on the GPU: of each layer the best pairs of query and class, and the boxes. All
 * logits of RT-DETR's seven answers are 0.7 MB, this is 0.05 MB, and the CPU need not search them. No gradient.
 *
 * L layers, Q queries, C columns of logits, k pairs.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere } from '../fallback';
import { runProgram } from '../program';
import { expectShape, expectThat } from '../shapes';
import { untraced } from '../untraced';
import bestSource from './best.wgsl?raw';
import pairsSource from './pairs.wgsl?raw';
import { bestAnswersReference, pairAnswersReference } from './reference';

const PAIRS = 'StepPairAnswers';
const BEST = 'StepBestAnswers';
/** Pairs are told as float32, which counts exactly up to here. */
const MOST_PAIRS = 2 ** 24;

type Info = tf.TensorInfo;
type Shape = [layers: number, queries: number, columns: number];

function requireFloats(operation: string, logits: tf.Tensor3D, boxes: tf.Tensor3D): void {
  expectShape(operation, 'boxes', boxes.shape, [logits.shape[0], logits.shape[1], 4]);
  const types = `${logits.dtype}, ${boxes.dtype}`;
  expectThat(operation, types === 'float32, float32', `expected logits and boxes of float32, got ${types}`);
}

/**
 * The k highest logits of each layer, whatever their query, and all boxes.
 * @param logits [L,Q,C]
 * @param boxes [L,Q,4]
 * @param k 1..Q C
 * @returns [L, 2 k + 4 Q]: k logits in falling order (equal ones: the lower pair first), their pairs query * C + column
 *   (-1 where the logit is not a number; those come last), then the boxes
 * @throws DetectorError `internal` when shapes, types or k do not fit
 */
export function pairAnswers(logits: tf.Tensor3D, boxes: tf.Tensor3D, k: number): tf.Tensor2D {
  const [, queries, columns] = logits.shape;
  const pairs = queries * columns;
  requireFloats('pairAnswers', logits, boxes);
  expectThat('pairAnswers', pairs <= MOST_PAIRS, `expected at most ${MOST_PAIRS} pairs, got ${pairs}`);
  expectThat('pairAnswers', Number.isInteger(k) && k >= 1 && k <= pairs, `expected k in 1..${pairs}, got ${k}`);
  return untraced(() => tf.engine().runKernel(PAIRS, { logits, boxes }, { k }));
}

/**
 * The best class of each query under a softmax over all columns, of which the last means "no object" and is none.
 * @param logits [L,Q,C], C at least 2
 * @param boxes [L,Q,4]
 * @returns [L, 6 Q]: Q logarithms of probabilities, Q classes (-1 where the logits are no probabilities), then the boxes
 * @throws DetectorError `internal` when shapes or types do not fit
 */
export function bestAnswers(logits: tf.Tensor3D, boxes: tf.Tensor3D): tf.Tensor2D {
  requireFloats('bestAnswers', logits, boxes);
  expectThat('bestAnswers', logits.shape[2] >= 2, `expected at least 2 columns, got ${logits.shape[2]}`);
  return untraced(() => tf.engine().runKernel(BEST, { logits, boxes }));
}

const integers = (numbers: Record<string, number>) =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { i32: [value] }]));

function pairsOnGpu(backend: WebGPUBackend, logits: Info, boxes: Info, k: number): Info {
  const [layers, queries, columns] = logits.shape as Shape;
  const pairs = queries * columns;
  const scores = { ...logits, shape: [layers, pairs, 1] };
  const topK = tf.getKernel('StepTopK', 'webgpu').kernelFunc;
  const best = topK({ inputs: { scores }, backend, attrs: { k } }) as Info;
  const width = 2 * k + 4 * queries;
  const answers = runProgram(backend, {
    name: PAIRS,
    source: pairsSource,
    inputs: { logits, best, boxes },
    output: { shape: [layers, width] },
    work: layers * width,
    uniforms: integers({ total: layers * width, width, k, pairs, box_numbers: 4 * queries }),
  });
  backend.disposeData(best.dataId);
  return answers;
}

function bestOnGpu(backend: WebGPUBackend, logits: Info, boxes: Info): Info {
  const [layers, queries, columns] = logits.shape as Shape;
  return runProgram(backend, {
    name: BEST,
    source: bestSource,
    inputs: { logits, boxes },
    output: { shape: [layers, 6 * queries] },
    work: layers * queries,
    uniforms: integers({ total: layers * queries, queries, columns }),
  });
}

export function registerAnswers(): void {
  registerEverywhere(PAIRS, {
    webgpu: (backend, { logits, boxes }, { k }) => pairsOnGpu(backend, logits!, boxes!, k as number),
    reference: (read, { logits, boxes }, attributes) => {
      const [shape, k] = [logits!.shape as Shape, attributes['k'] as number];
      const values = pairAnswersReference(read(logits!), read(boxes!), shape, k);
      return [{ shape: [shape[0], 2 * k + 4 * shape[1]], values }];
    },
  });
  registerEverywhere(BEST, {
    webgpu: (backend, { logits, boxes }) => bestOnGpu(backend, logits!, boxes!),
    reference: (read, { logits, boxes }) => {
      const shape = logits!.shape as Shape;
      return [{ shape: [shape[0], 6 * shape[1]], values: bestAnswersReference(read(logits!), read(boxes!), shape) }];
    },
  });
}
