/**
 * Deformable attention, forward and with its gradients, at the sizes of StepDETR's and RT-DETR's decoders:
 *   npx vitest bench --project parity --run src/kernels/deformable-attention/deformable-attention.bench.ts
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { bench, describe } from 'vitest';
import { openTestDevice } from '../testing/device';
import { deformableAttention } from './op';
import type { Sampling } from './reference';

await openTestDevice();

const OPTIONS = { time: 1500, iterations: 3, warmupTime: 0, warmupIterations: 2 };

interface Size {
  batch: number;
  queries: number;
  heads: number;
  depth: number;
  sampling: Sampling;
  /** Part of the image, along each side, that the samples lie in: many on few cells is what atomics are worst at. */
  spread: number;
}

const STEPDETR: Omit<Size, 'batch' | 'spread'> = {
  queries: 100,
  heads: 4,
  depth: 32,
  sampling: {
    shapes: [
      [24, 24],
      [12, 12],
    ],
    points: [4, 2],
  },
};
const RTDETR: Size = {
  batch: 1,
  queries: 300,
  heads: 8,
  depth: 32,
  sampling: {
    shapes: [
      [80, 80],
      [40, 40],
      [20, 20],
    ],
    points: [4, 4, 4],
  },
  spread: 1,
};

async function read(outputs: tf.Tensor[]): Promise<void> {
  await tf.slice(tf.reshape(outputs[0]!, [outputs[0]!.size]), 0, 1).data();
  tf.dispose(outputs);
}

function compare(name: string, { batch, queries, heads, depth, sampling, spread }: Size): void {
  const cells = sampling.shapes.reduce((sum, [h, w]) => sum + h * w, 0);
  const samples = sampling.points.reduce((sum, n) => sum + n, 0);
  const value: tf.Tensor3D = tf.randomUniform([batch, cells, heads * depth]);
  const [low, high] = [0.5 - spread / 2, 0.5 + spread / 2];
  const locations: tf.Tensor5D = tf.randomUniform([batch, queries, heads, samples, 2], low, high);
  const weights: tf.Tensor4D = tf.randomUniform([batch, queries, heads, samples]);
  const dy: tf.Tensor3D = tf.randomUniform([batch, queries, heads * depth]);
  const gradients = tf.grads((v, l, w) =>
    deformableAttention(v as tf.Tensor3D, l as tf.Tensor5D, w as tf.Tensor4D, sampling),
  );
  describe(`${name}: ${batch * queries * heads * samples} samples of ${depth} channels`, () => {
    bench('forward', () => read([deformableAttention(value, locations, weights, sampling)]), OPTIONS);
    bench('forward and gradients', () => read(gradients([value, locations, weights], dy)), OPTIONS);
  });
}

compare('StepDETR, 4 images', { ...STEPDETR, batch: 4, spread: 1 });
compare('StepDETR, 32 rollouts', { ...STEPDETR, batch: 32, spread: 1 });
compare('StepDETR, 4 images, all on one thing', { ...STEPDETR, batch: 4, spread: 0.05 });
compare('RT-DETR at 640', RTDETR);
