/**
 * Queries of rollouts beside those that all rollouts of an image have in common, as one source of an attention: from one row after
 * another, as the layers before it compute them, to each rollout's own and its image's side by side.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), E own queries of a row, O others of an image, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerEverywhere, type Attributes } from '../fallback';
import { runProgram } from '../program';
import { expectThat } from '../shapes';
import apartSource from './apart.wgsl?raw';
import { apartReference, togetherReference, type Seats } from './reference';
import togetherSource from './together.wgsl?raw';

const TOGETHER = 'StepSeatsTogether';
const APART = 'StepSeatsApart';

/** Rows of x. */
const rowsOf = ({ rows, rollouts, own, others }: Seats): number => rows * own + (rows / rollouts) * others;

/**
 * @param x [1,R E + B O,C]: all own queries, row by row, then all others, image by image; gradient to them
 * @param seats with `rows` a multiple of `rollouts`
 * @returns [R,E+O,C]
 * @throws DetectorError `internal` for shapes that do not fit
 */
export function seatTogether(x: tf.Tensor3D, seats: Seats): tf.Tensor3D {
  const { rows, rollouts, own, others } = seats;
  expectThat(
    'seatTogether',
    rows % rollouts === 0 && x.shape[0] === 1 && x.shape[1] === rowsOf(seats),
    `expected [1,${rowsOf(seats)},C] for ${rows} rows of ${own} queries and ${others} others of every ${rollouts}, got [${x.shape}]`,
  );
  return tf.engine().runKernel(TOGETHER, { x }, { ...seats });
}

function run(
  backend: WebGPUBackend,
  { name, source }: { name: string; source: string },
  inputs: Record<string, tf.TensorInfo>,
  shape: number[],
  { rows, rollouts, own, others }: Seats,
): tf.TensorInfo {
  const components = shape.at(-1)! % 4 === 0 ? 4 : 1;
  const channels = shape.at(-1)! / components;
  const total = tf.util.sizeFromShape(shape) / components;
  const sizes = { total, channels, rows, rollouts, own, others };
  return runProgram(backend, {
    name: `${name}${components}`,
    source: `const ZERO = ${components === 4 ? 'vec4<f32>()' : '0.0'};\n${source}`,
    inputs,
    output: { shape },
    components: { output: components, inputs: [components] },
    work: total,
    uniforms: Object.fromEntries(Object.entries(sizes).map(([field, value]) => [field, { i32: [value] }])),
  });
}

const seatsOf = (attributes: Attributes): Seats => attributes as unknown as Seats;

function togetherShape(x: tf.TensorInfo, { rows, own, others }: Seats): number[] {
  return [rows, own + others, x.shape[2]!];
}

export function registerSeats(): void {
  registerEverywhere(TOGETHER, {
    webgpu: (backend, { x }, attributes) => {
      const seats = seatsOf(attributes);
      return run(backend, { name: TOGETHER, source: togetherSource }, { x: x! }, togetherShape(x!, seats), seats);
    },
    reference: (read, { x }, attributes) => {
      const seats = seatsOf(attributes);
      return [{ shape: togetherShape(x!, seats), values: togetherReference(read(x!), seats, x!.shape[2]!) }];
    },
  });
  registerEverywhere(APART, {
    webgpu: (backend, { dy }, attributes) => {
      const seats = seatsOf(attributes);
      const shape = [1, rowsOf(seats), dy!.shape[2]!];
      return run(backend, { name: APART, source: apartSource }, { dy: dy! }, shape, seats);
    },
    reference: (read, { dy }, attributes) => {
      const seats = seatsOf(attributes);
      const channels = dy!.shape[2]!;
      return [{ shape: [1, rowsOf(seats), channels], values: apartReference(read(dy!), seats, channels) }];
    },
  });
  tf.registerGradient({
    kernelName: TOGETHER,
    gradFunc: (dy, _saved, attributes) => {
      const given: tf.Tensor = tf.engine().runKernel(APART, { dy: dy as tf.Tensor }, attributes);
      return { x: () => given };
    },
  });
}
