/**
 * The operations of a forward pass as a user of TF.js writes them, on TF.js's own kernels: what src/train/testing/plain-tfjs.ts
 * does for a training step's, and those that only detection has.
 *
 * L layers, Q queries, C columns of logits.
 */
import { withPlainKernels } from '../../../src/train/testing/plain-tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { explicitPadding } from '../../../src/kernels/conv2d/geometry';
import type { ConvolutionAttributes } from '../../../src/kernels/conv2d/program';
import { applyEpilogue } from '../../../src/kernels/epilogue/op';
import type { EpilogueAttributes } from '../../../src/kernels/epilogue/program';

type Inputs = Record<string, tf.Tensor>;
type Attributes = Record<string, unknown>;
type Composed = (inputs: Inputs, attributes: Attributes) => tf.Tensor;

const convolution =
  (convolve: typeof tf.conv2d): Composed =>
  ({ x, weight, bias, residual }, attributes) => {
    const { strides, padding, activation, scale, shift } = attributes as unknown as ConvolutionAttributes;
    const [top, bottom, left, right] = padding;
    const sums = convolve(
      x as tf.Tensor4D,
      weight as tf.Tensor4D,
      [...strides] as [number, number],
      explicitPadding({ top, bottom, left, right }),
    );
    const options = { activation, scale, shift, ...(bias && { bias: bias as tf.Tensor1D }) };
    return applyEpilogue(sums, { ...options, ...(residual && { residual }) });
  };

/** The product gives rows; a residual comes in the shape of what they are rows of. */
function linear({ a, b, bias, residual }: Inputs, attributes: Attributes): tf.Tensor {
  const { activation, scale, shift } = attributes as unknown as EpilogueAttributes;
  const rows = tf.matMul(a!, b!);
  const options = { activation, scale, shift, ...(bias && { bias: bias as tf.Tensor1D }) };
  return applyEpilogue(rows, { ...options, ...(residual && { residual: tf.reshape(residual, rows.shape) }) });
}

/** arXiv 1607.06450, equation 4 over the last axis. */
function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), weight), bias);
}

/** [E,n] -> [E,k+2]: expected value, the k highest probabilities, their mean. */
function edgeDistribution({ logits, weights }: Inputs, { top }: Attributes): tf.Tensor {
  const p = tf.softmax(logits!);
  const { values } = tf.topk(p, top as number);
  return tf.concat([tf.sum(tf.mul(p, weights!), -1, true), values, tf.mean(values, -1, true)], -1);
}

/** [L,Q,C] and [L,Q,4] -> [L, 2 k + 4 Q]: the k highest logits, their pairs, the boxes. */
function pairAnswers({ logits, boxes }: Inputs, { k }: Attributes): tf.Tensor {
  const layers = logits!.shape[0]!;
  const { values, indices } = tf.topk(tf.reshape(logits!, [layers, -1]), k as number);
  return tf.concat([values, tf.cast(indices, 'float32'), tf.reshape(boxes!, [layers, -1])], 1);
}

const COMPOSED: Record<string, Composed> = {
  StepConv2D: convolution(tf.conv2d),
  StepDepthwiseConv2D: convolution(tf.depthwiseConv2d as typeof tf.conv2d),
  StepLinear: linear,
  StepLayerNorm: ({ x, weight, bias }, { epsilon }) => layerNorm(x!, weight!, bias!, epsilon as number),
  StepLayerNormResidual: ({ x, residual, weight, bias }, { epsilon }) =>
    layerNorm(tf.add(x!, residual!), weight!, bias!, epsilon as number),
  StepUpsampleAdd: ({ fine, coarse }) => {
    const [, height, width] = fine!.shape as [number, number, number, number];
    return tf.add(fine!, tf.image.resizeNearestNeighbor(coarse as tf.Tensor4D, [height, width]));
  },
  StepEdgeDistribution: edgeDistribution,
  StepPairAnswers: pairAnswers,
};

/**
 * Runs `work` with TF.js's kernels alone.
 * @throws Error where an operation of ours is met that is composed nowhere
 */
export function onPlainKernels<T>(work: () => Promise<T>): Promise<T> {
  return withPlainKernels(async () => {
    const engine = tf.engine();
    const others = engine.runKernel.bind(engine);
    engine.runKernel = (<R>(name: string, inputs: tf.NamedTensorMap, attributes?: tf.NamedAttrMap): R => {
      const composed = COMPOSED[name];
      if (!composed) return others(name, inputs, attributes) as R;
      return tf.tidy(() => composed(inputs, attributes ?? {})) as R;
    }) as typeof engine.runKernel;
    try {
      return await work();
    } finally {
      engine.runKernel = others;
    }
  });
}
