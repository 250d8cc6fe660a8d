/**
 * A training step of StepDETR as TF.js 4.22 alone would run it: its own kernels in the place of those that ours replace, and our
 * operations as what a user of TF.js would write (gathers, products, softmax on the GPU), with the gradients of its tape. Where an
 * operation of ours brings its gradient along (attention, class loss) that is composed of TF.js operations too, without computing
 * anything a second time: what is unlike a user's program is to TF.js's advantage.
 *
 * Import it before the device is opened: it remembers TF.js's kernels.
 *
 * B batch, N cells of all levels, Q queries, M heads, K samples, d channels of a head, S sources, T targets, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { applyEpilogue, type Activation } from '../../kernels/epilogue/op';
import type { Sampling } from '../../kernels/deformable-attention/reference';
import { stopGradient } from '../../nn/tape';

const REPLACED = ['BatchMatMul', '_FusedMatMul', 'Sum', 'Mean', 'Max', 'Softmax'];
const THEIRS = REPLACED.map((name) => tf.getKernel(name, 'webgpu'));

type Inputs = Record<string, tf.Tensor>;
type Attributes = Record<string, unknown>;
type Composed = (inputs: Inputs, attributes: Attributes) => tf.Tensor | tf.Tensor[];

/** arXiv 1910.07467, equation 4. */
function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return tf.mul(tf.mul(x, scale), weight);
}

function swiglu(x: tf.Tensor): tf.Tensor {
  const [gate, up] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
}

/** Rows of [R,d] at float positions, 0 where `inside` is 0. @param index [.] int32 */
const cornerOf = (rows: tf.Tensor2D, index: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.mul(tf.gather(rows, tf.reshape(index, [index.size]) as tf.Tensor1D), tf.reshape(weight, [index.size, 1]));

/**
 * One level: the four cells around every sample, weighted.
 * @param value [B,h*w,M,d] @param places [B,Q,M,P,2] @returns [B,Q,M,P,d]
 */
function sampleLevel(value: tf.Tensor4D, places: tf.Tensor5D, [h, w]: readonly [number, number]): tf.Tensor {
  const [batch, cells, heads, depth] = value.shape;
  const [, queries, , points] = places.shape;
  const rows = tf.reshape(tf.transpose(value, [0, 2, 1, 3]), [batch * heads * cells, depth]) as tf.Tensor2D; // B,M,hw,d
  const [px, py] = tf.split(places, 2, 4).map((axis) => tf.reshape(axis, [batch, queries, heads, points]));
  const x = tf.sub(tf.mul(px!, w), 0.5);
  const y = tf.sub(tf.mul(py!, h), 0.5);
  const [left, top] = [stopGradient(tf.floor(x)), stopGradient(tf.floor(y))];
  const [right, low] = [tf.sub(x, left), tf.sub(y, top)];
  const first = tf.reshape(
    Float32Array.from({ length: batch * heads }, (_, i) => i * cells),
    [batch, 1, heads, 1],
  );
  const corner = (dx: number, dy: number): tf.Tensor => {
    const [cx, cy] = [tf.add(left, dx), tf.add(top, dy)];
    const held = stopGradient(
      tf.add(tf.add(tf.mul(tf.clipByValue(cy, 0, h - 1), w), tf.clipByValue(cx, 0, w - 1)), first),
    );
    const within = (at: tf.Tensor, most: number): tf.Tensor =>
      tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, most));
    const inside = tf.tidy(() => {
      const both = tf.logicalAnd(within(stopGradient(cx), w - 1), within(stopGradient(cy), h - 1));
      return tf.where(both, tf.onesLike(left), tf.zerosLike(left));
    });
    const share = tf.mul(dx ? right : tf.sub(1, right), dy ? low : tf.sub(1, low));
    return cornerOf(rows, tf.cast(held, 'int32'), tf.mul(share, stopGradient(inside)));
  };
  const sum = tf.add(tf.add(corner(0, 0), corner(1, 0)), tf.add(corner(0, 1), corner(1, 1)));
  return tf.reshape(sum, [batch, queries, heads, points, depth]);
}

function deformableAttention({ value, locations, weights }: Inputs, { shapes, points }: Sampling): tf.Tensor {
  const [batch, queries, heads, samples] = weights!.shape as [number, number, number, number];
  const depth = value!.shape[2]! / heads;
  const cells = shapes.map(([h, w]) => h * w);
  const levels = tf.split(tf.reshape(value!, [batch, value!.shape[1]!, heads, depth]), cells, 1) as tf.Tensor4D[];
  const places = tf.split(locations!, [...points], 3) as tf.Tensor5D[];
  const read = tf.concat(
    levels.map((level, at) => sampleLevel(level, places[at]!, shapes[at]!)),
    3,
  );
  const mixed = tf.sum(tf.mul(read, tf.reshape(weights!, [batch, queries, heads, samples, 1])), 3);
  return tf.reshape(mixed, [batch, queries, heads * depth]);
}

const headsApart = (x: tf.Tensor, heads: number): tf.Tensor => {
  const [batch, tokens, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
};
const headsTogether = (x: tf.Tensor): tf.Tensor => {
  const [batch, heads, tokens, depth] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * depth]);
};

/** @returns the answer, and the weights in the place of the sums that our program keeps */
function attention({ q, k, v }: Inputs, { heads }: Attributes): [tf.Tensor, tf.Tensor] {
  const [qh, kh, vh] = [q!, k!, v!].map((x) => headsApart(x, heads as number)) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const weights = tf.softmax(tf.matMul(tf.mul(qh, qh.shape[3]! ** -0.5), kh, false, true));
  return [headsTogether(tf.matMul(weights, vh)), weights];
}

function attentionGradient({ q, k, v, sums: weights, dy }: Inputs, { heads }: Attributes): tf.Tensor[] {
  const [qh, kh, vh, dh] = [q!, k!, v!, dy!].map((x) => headsApart(x, heads as number)) as tf.Tensor[];
  const ofWeights = tf.mul(tf.matMul(dh!, vh!, false, true), weights!);
  const ofScores = tf.sub(ofWeights, tf.mul(weights!, tf.sum(ofWeights, -1, true)));
  const scaled = tf.mul(ofScores, qh!.shape[3]! ** -0.5);
  return [tf.matMul(scaled, kh!), tf.matMul(scaled, qh!, true), tf.matMul(weights!, dh!, true)].map(headsTogether);
}

/** 1 at the label's column. @returns [S,Q,C] */
const oneHot = (labels: tf.Tensor, columns: number): tf.Tensor =>
  tf.oneHot(labels as tf.Tensor2D, columns, 1, 0, 'float32');

/** Each logit's part of arXiv 2008.13367, equation 2. */
function varifocal({ logits, labels, quality }: Inputs, { alpha, gamma }: Attributes): tf.Tensor {
  const own = oneHot(labels!, logits!.shape[2]!);
  const wanted = tf.expandDims(quality!, 2);
  const soft = tf.softplus(logits!);
  const positive = tf.mul(wanted, tf.sub(soft, tf.mul(logits!, wanted)));
  const negative = tf.mul(tf.mul(tf.pow(tf.sigmoid(logits!), gamma as number), alpha as number), soft);
  return tf.add(tf.mul(own, positive), tf.mul(tf.sub(1, own), negative));
}

function varifocalGradient({ logits, labels, quality, dy }: Inputs, { alpha, gamma }: Attributes): tf.Tensor {
  const own = oneHot(labels!, logits!.shape[2]!);
  const wanted = tf.expandDims(quality!, 2);
  const p = tf.sigmoid(logits!);
  const negative = tf.mul(tf.mul(tf.pow(p, gamma as number), alpha as number), p);
  const slope = tf.add(tf.mul(own, tf.mul(wanted, tf.sub(p, wanted))), tf.mul(tf.sub(1, own), negative));
  return tf.mul(tf.reshape(dy!, [-1, 1, 1]), slope);
}

function linear({ a, b, bias, residual }: Inputs, { activation, scale, shift }: Attributes): tf.Tensor {
  const rest = { activation: activation as Activation, scale: scale as number, shift: shift as number };
  const options = { ...rest, ...(bias && { bias: bias as tf.Tensor1D }), ...(residual && { residual }) };
  return applyEpilogue(tf.matMul(a!, b!), options);
}

/** Rows of all images one after another. */
function gatherTokens({ tokens, indices }: Inputs): tf.Tensor {
  const [batch, count, channels] = tokens!.shape as [number, number, number];
  const starts = tf.reshape(tf.range(0, batch * count, count, 'int32'), [batch, 1]);
  const rows = tf.cast(tf.reshape(tf.add(indices!, starts), [indices!.size]), 'int32');
  return tf.reshape(tf.gather(tf.reshape(tokens!, [batch * count, channels]), rows), [...indices!.shape, channels]);
}

const COMPOSED: Record<string, Composed> = {
  StepGatherTokens: gatherTokens,
  StepRmsNorm: ({ x, weight }, { epsilon }) => rmsNorm(x!, weight!, epsilon as number),
  StepRmsNormResidual: ({ x, residual, weight }, { epsilon }) =>
    rmsNorm(tf.add(x!, residual!), weight!, epsilon as number),
  StepSwiglu: ({ x }) => swiglu(x!),
  StepDeformableAttention: (inputs, attributes) => deformableAttention(inputs, attributes as unknown as Sampling),
  StepAttention: (inputs, attributes) => attention(inputs, attributes)[0],
  StepAttentionSaved: attention,
  StepAttentionGrad: attentionGradient,
  StepVarifocal: varifocal,
  StepVarifocalGrad: varifocalGradient,
  StepTopK: ({ scores }, { k }) => tf.topk(tf.max(scores!, 2), k as number).indices,
  StepLinear: linear,
};

/**
 * Runs `work` with TF.js's kernels alone.
 * @throws Error where an operation of ours is met that is not composed here
 */
export async function withPlainKernels<T>(work: () => Promise<T>): Promise<T> {
  const engine = tf.engine();
  const ours = REPLACED.map((name) => tf.getKernel(name, 'webgpu'));
  const install = (kernels: readonly tf.KernelConfig[]): void =>
    kernels.forEach((kernel) => {
      tf.unregisterKernel(kernel.kernelName, 'webgpu');
      tf.registerKernel(kernel);
    });
  const original = engine.runKernel.bind(engine);
  install(THEIRS);
  engine.runKernel = (<R>(name: string, inputs: tf.NamedTensorMap, attributes?: tf.NamedAttrMap): R => {
    const composed = COMPOSED[name];
    if (composed) return tf.tidy(() => composed(inputs, attributes ?? {}) as tf.TensorContainer) as R;
    if (/^Step[A-Z]/.test(name)) throw new Error(`plain TF.js: ${name} is not composed of its operations`);
    return original(name, inputs, attributes) as R;
  }) as typeof engine.runKernel;
  try {
    return await work();
  } finally {
    engine.runKernel = original;
    install(ours);
  }
}

/** The optimiser of a TF.js user: tf.train.adam over variables, gradients shortened to a length. */
export class PlainAdam {
  private readonly adam: tf.AdamOptimizer;
  private readonly variables: tf.Variable[];

  /** @param parameters copied */
  constructor(parameters: readonly tf.Tensor[], learningRate: number) {
    this.adam = tf.train.adam(learningRate);
    this.variables = parameters.map((x) => tf.variable(x));
  }

  /** As `Optimiser.step`, but it always applies. */
  async step(
    gradients: readonly tf.Tensor[],
    _loss: tf.Scalar,
    { maxNorm }: { maxNorm: number },
  ): Promise<{ norm: number; applied: boolean }> {
    const norm = tf.tidy(() => {
      const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
      const length = tf.sqrt(tf.sum(tf.stack(squares)));
      const scale = tf.minimum(1, tf.div(maxNorm, tf.add(length, 1e-6)));
      const named = this.variables.map(({ name }, at) => ({ name, tensor: tf.mul(gradients[at]!, scale) }));
      this.adam.applyGradients(named);
      return length;
    });
    const value = (await norm.data())[0]!;
    norm.dispose();
    return { norm: value, applied: true };
  }

  dispose(): void {
    this.adam.dispose();
    tf.dispose(this.variables);
  }
}
