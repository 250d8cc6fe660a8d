/**
 * GFLOP/s of our convolutions and matrix products beside TF.js's on the same adapter:
 *   npx vitest bench --project parity --run src/kernels/conv2d/conv2d.bench.ts
 * The names say the work; `hz` times the GFLOP in the name is GFLOP/s.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { bench, describe } from 'vitest';
import { depthwiseConv2d } from '../depthwise-conv2d/op';
import { matMul } from '../matmul/op';
import { openTestDevice } from '../testing/device';
import { conv2d } from './op';

// TF.js's own product, before ours takes its name
const BEFORE = 'BatchMatMulBefore';
tf.registerKernel({ ...tf.getKernel('BatchMatMul', 'webgpu'), kernelName: BEFORE });
await openTestDevice();

const OPTIONS = { time: 1500, iterations: 3, warmupTime: 0, warmupIterations: 2 };

/** Runs the work and waits for one number of it. */
async function run(work: () => tf.Tensor): Promise<void> {
  tf.engine().startScope();
  const out = work();
  await tf.slice(tf.reshape(out, [out.size]), 0, 1).data();
  tf.engine().endScope();
}

function compare(name: string, flops: number, ours: () => tf.Tensor, theirs: () => tf.Tensor): void {
  describe(`${name}: ${(flops / 1e9).toFixed(4)} GFLOP`, () => {
    for (const [who, work] of [
      ['ours', ours],
      ['TF.js', theirs],
    ] as const) {
      bench(who, () => run(work), OPTIONS);
    }
  });
}

function convolution(
  kernel: number,
  stride: 1 | 2,
  size: number,
  input: number,
  output: number,
  depthwise = false,
): void {
  const x: tf.Tensor4D = tf.randomUniform([1, size, size, input]);
  const filter: tf.Tensor4D = tf.randomUniform([kernel, kernel, input, depthwise ? 1 : output]);
  const before = (kernel - 1) >> 1;
  const padding = { top: before, bottom: before, left: before, right: before };
  const options = { strides: [stride, stride] as const, padding };
  const out = size / stride;
  const flops = 2 * out * out * output * kernel * kernel * (depthwise ? 1 : input);
  const name = `${depthwise ? 'depthwise ' : ''}${kernel}x${kernel}/${stride} ${input}->${output} ${size}x${size}`;
  const ours = depthwise ? depthwiseConv2d : conv2d;
  const theirs = (depthwise ? tf.depthwiseConv2d : tf.conv2d) as typeof tf.conv2d;
  compare(
    name,
    flops,
    () => ours(x, filter, options),
    () => theirs(x, filter, stride, kernel === 1 ? 'valid' : 'same'),
  );
}

function filterGradient(size: number, channels: number): void {
  const x: tf.Tensor4D = tf.randomUniform([1, size, size, channels]);
  const filter: tf.Tensor4D = tf.randomUniform([3, 3, channels, channels]);
  const padding = { top: 1, bottom: 1, left: 1, right: 1 };
  const ours = tf.grad((w) => conv2d(x, w as tf.Tensor4D, { strides: [1, 1], padding }));
  const theirs = tf.grad((w) => tf.conv2d(x, w as tf.Tensor4D, 1, 'same'));
  compare(
    `forward and gradient of the filter 3x3/1 ${channels}->${channels} ${size}x${size}`,
    2 * 2 * size * size * channels * channels * 9,
    () => ours(filter, x),
    () => theirs(filter, x),
  );
}

function product(batch: number, rows: number, inner: number, columns: number, transposeB = false): void {
  const a = tf.randomUniform([batch, rows, inner]);
  const b = tf.randomUniform(transposeB ? [batch, columns, inner] : [batch, inner, columns]);
  compare(
    `matMul ${batch}x${rows}x${inner}x${columns}${transposeB ? ' b transposed' : ''}`,
    2 * batch * rows * inner * columns,
    () => matMul(a, b, false, transposeB),
    () => tf.engine().runKernel(BEFORE, { a, b }, { transposeA: false, transposeB }),
  );
}

// bound: at least 3 times TF.js on SwiftShader
convolution(3, 1, 80, 64, 64);
convolution(3, 1, 80, 16, 16);
convolution(3, 1, 40, 256, 256);
convolution(3, 2, 160, 64, 128);
convolution(1, 1, 40, 160, 128);
convolution(1, 1, 20, 448, 128);
convolution(3, 2, 320, 3, 16);
convolution(5, 1, 20, 64, 64, true);
filterGradient(80, 64);
product(1, 1024, 1024, 1024);
product(1, 400, 256, 1024);
product(8, 100, 8, 100, true);
