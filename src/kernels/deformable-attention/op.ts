/**
 * Multi-scale deformable attention (Deformable DETR, arXiv 2010.04159, equation 3) after its linear layers: every head of a
 * query mixes K values read between the cells of the levels. The number of points may differ from level to level.
 *
 * Ours -> the paper's: value -> W'_m x, locations -> phi_l(p_q) + Delta p_mlqk, weights -> A_mlqk.
 *
 * B batch, N cells of all levels, Q queries, M heads, K samples (sum of `points`), d channels of a head.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere, type Attributes } from '../fallback';
import { runProgram } from '../program';
import { expectShape, expectThat } from '../shapes';
import { vectorSize } from '../vectors/vectors';
import forwardSource from './forward.wgsl?raw';
import { extentsOf, MOST_LEVELS, programOf, type GradientInputs } from './program';
import { deformableAttentionGradientReference, deformableAttentionReference, type Sampling } from './reference';
import sampleGradientSource from './sample-gradient.wgsl?raw';
import tapSource from './tap.wgsl?raw';
import { valueGradient } from './value-gradient';

const NAME = 'deformableAttention';
const FORWARD = 'StepDeformableAttention';
const BACKWARD = 'StepDeformableAttentionGrad';

type Info = tf.TensorInfo;

/**
 * Bilinear samples, zeros outside, align_corners = False: a location x of a level of width w is read at x * w - 0.5.
 * A sample whose location is NaN counts as outside.
 * @param value [B,N,M*d], cells level by level, row-major in each
 * @param locations [B,Q,M,K,2], (x, y) as fractions 0..1 of each level; may lie outside
 * @param weights [B,Q,M,K]
 * @param sampling 1..8 levels with h, w >= 1 and points >= 0
 * @returns [B,Q,M*d]; gradients to value, locations and weights
 * @throws DetectorError `internal` when the shapes do not fit each other
 */
export function deformableAttention(
  value: tf.Tensor3D,
  locations: tf.Tensor5D,
  weights: tf.Tensor4D,
  { shapes, points }: Sampling,
): tf.Tensor3D {
  const cells = shapes.reduce((sum, [h, w]) => sum + h * w, 0);
  const samples = points.reduce((sum, n) => sum + n, 0);
  const levels = shapes.length;
  expectThat(NAME, levels >= 1 && levels <= MOST_LEVELS, `expected 1..${MOST_LEVELS} levels, got ${levels}`);
  expectThat(NAME, points.length === levels, `expected points for ${levels} levels, got ${points.length}`);
  expectShape(NAME, 'value', value.shape, ['B', cells, 'M*d']);
  const [batch, , width] = value.shape;
  expectShape(NAME, 'weights', weights.shape, [batch, 'Q', 'M', samples]);
  expectShape(NAME, 'locations', locations.shape, [...weights.shape, 2]);
  const heads = weights.shape[2];
  expectThat(NAME, width % heads === 0, `expected value [B,N,M*d] for ${heads} heads, got [${value.shape}]`);
  const attributes: Attributes = { shapes: shapes.map((shape) => [...shape]), points: [...points] };
  return tf.engine().runKernel(FORWARD, { value, locations, weights }, attributes as tf.NamedAttrMap);
}

function forward(backend: WebGPUBackend, value: Info, locations: Info, weights: Info, sampling: Sampling): Info {
  const extents = extentsOf(value, weights);
  const { batch, queries, heads, depth } = extents;
  const vector = vectorSize(depth);
  const work = (batch * queries * heads * depth) / vector;
  return runProgram(backend, {
    ...programOf(FORWARD, tapSource + forwardSource, sampling, extents, vector, work),
    inputs: { value, locations, weights },
    output: { shape: [batch, queries, heads * depth] },
    components: { output: vector, inputs: [vector, 2, 1] },
  });
}

/** @returns [3 * B*Q*M*K]: the gradient of the locations, then that of the weights */
function sampleGradient(
  backend: WebGPUBackend,
  { value, locations, weights, dy }: GradientInputs,
  sampling: Sampling,
): Info {
  const extents = extentsOf(value, weights);
  const vector = vectorSize(extents.depth);
  const work = tf.util.sizeFromShape(weights.shape);
  return runProgram(backend, {
    ...programOf(`${BACKWARD}Sample`, tapSource + sampleGradientSource, sampling, extents, vector, work),
    inputs: { value, locations, weights, dy },
    output: { shape: [3 * work] },
    components: { inputs: [vector, 2, 1, vector] },
  });
}

function registerGradient(): void {
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['value', 'locations', 'weights'],
    // Everything is computed here: what the functions below would make and keep, the engine would dispose of.
    gradFunc: (dy, saved, attributes) => {
      const [value, locations, weights] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { value, locations, weights, dy: dy as tf.Tensor };
      const [ofValue, packed]: tf.Tensor[] = tf.engine().runKernel(BACKWARD, inputs, attributes as tf.NamedAttrMap);
      const ofLocations = tf.reshape(tf.slice(packed!, [0], [locations.size]), locations.shape);
      const ofWeights = tf.reshape(tf.slice(packed!, [locations.size], [weights.size]), weights.shape);
      packed!.dispose();
      return { value: () => ofValue!, locations: () => ofLocations, weights: () => ofWeights };
    },
  });
}

export function registerDeformableAttention(): void {
  registerEverywhere(FORWARD, {
    webgpu: (backend, { value, locations, weights }, attributes) =>
      forward(backend, value!, locations!, weights!, attributes as unknown as Sampling),
    reference: (read, { value, locations, weights }, attributes) => {
      const extents = extentsOf(value!, weights!);
      const sampling = attributes as unknown as Sampling;
      const values = deformableAttentionReference(read(value!), read(locations!), read(weights!), sampling, extents);
      return [{ shape: [extents.batch, extents.queries, extents.heads * extents.depth], values }];
    },
  });
  registerEverywhere(BACKWARD, {
    webgpu: (backend, { value, locations, weights, dy }, attributes) => {
      const inputs = { value: value!, locations: locations!, weights: weights!, dy: dy! };
      const sampling = attributes as unknown as Sampling;
      return [valueGradient(backend, inputs, sampling), sampleGradient(backend, inputs, sampling)];
    },
    reference: (read, { value, locations, weights, dy }, attributes) => {
      const of = deformableAttentionGradientReference(
        read(value!),
        read(locations!),
        read(weights!),
        read(dy!),
        attributes as unknown as Sampling,
        extentsOf(value!, weights!),
      );
      const packed = new Float32Array(of.locations.length + of.weights.length);
      packed.set(of.locations);
      packed.set(of.weights, of.locations.length);
      return [
        { shape: value!.shape, values: of.value },
        { shape: [packed.length], values: packed },
      ];
    },
  });
  registerGradient();
}
