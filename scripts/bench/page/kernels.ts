/**
 * Single kernels of ours beside TF.js's own on one device.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { conv2d } from '../../../src/kernels/conv2d/op';
import { depthwiseConv2d } from '../../../src/kernels/depthwise-conv2d/op';
import { matMul } from '../../../src/kernels/matmul/op';
import { devicePeak } from '../../../src/kernels/roofline/measure';
import { submit } from '../../../src/kernels/submit';
import { tune, type TuningStore } from '../../../src/kernels/tuning/tuner';
import { relativeL2 } from '../../../src/kernels/testing/compare';
import type { Effort, KernelResult, KernelRow } from '../types';
import { openDevice, type BenchDevice } from './device';
import { say } from './say';
import { takeTurns, timed } from './turns';

/** TF.js's own product: ours takes its name when the device is opened. */
const BEFORE = 'BatchMatMulBefore';
/** A run repeats the work until it lasts so long: the wait for the queue must be lost in it. */
const LONG_MS = 60;
const MOST_REPEATS = 512;
/** Results of as many repeats wait for their buffers to be free. */
const SUBMIT_EVERY = 8;
/** Relative, in L2: rounding alone; another answer is another kernel. */
const MOST_DIFFERENCE = 1e-4;

/** Variants are measured on this device, as the app does it at its first visit. */
const NO_STORE: TuningStore = { read: async () => null, write: async () => undefined };

interface Work {
  name: string;
  flop: number;
  ours(): tf.Tensor;
  tfjs(): tf.Tensor;
}

function product(batch: number, rows: number, inner: number, columns: number, transposeB = false): Work {
  const a = tf.randomUniform([batch, rows, inner]);
  const b = tf.randomUniform(transposeB ? [batch, columns, inner] : [batch, inner, columns]);
  return {
    name: `matrix product ${batch === 1 ? '' : `${batch} x `}${rows} x ${inner} x ${columns}${transposeB ? ', b transposed' : ''}`,
    flop: 2 * batch * rows * inner * columns,
    ours: () => matMul(a, b, false, transposeB),
    tfjs: () => tf.engine().runKernel(BEFORE, { a, b }, { transposeA: false, transposeB }),
  };
}

/** Odd kernels, zeros all round, as large an output as input. */
function convolution(kernel: number, size: number, input: number, output: number): Work {
  const x: tf.Tensor4D = tf.randomUniform([1, size, size, input]);
  const filter: tf.Tensor4D = tf.randomUniform([kernel, kernel, input, output]);
  const half = (kernel - 1) >> 1;
  const padding = { top: half, bottom: half, left: half, right: half };
  return {
    name: `convolution ${kernel}x${kernel}, ${input} to ${output}, ${size}x${size}`,
    flop: 2 * size * size * output * kernel * kernel * input,
    ours: () => conv2d(x, filter, { strides: [1, 1], padding }),
    tfjs: () => tf.conv2d(x, filter, 1, 'same'),
  };
}

function depthwise(kernel: number, size: number, channels: number): Work {
  const x: tf.Tensor4D = tf.randomUniform([1, size, size, channels]);
  const filter: tf.Tensor4D = tf.randomUniform([kernel, kernel, channels, 1]);
  const half = (kernel - 1) >> 1;
  const padding = { top: half, bottom: half, left: half, right: half };
  return {
    name: `depthwise ${kernel}x${kernel}, ${channels}, ${size}x${size}`,
    flop: 2 * size * size * channels * kernel * kernel,
    ours: () => depthwiseConv2d(x, filter, { strides: [1, 1], padding }),
    tfjs: () => tf.depthwiseConv2d(x, filter, 1, 'same'),
  };
}

/** The first two have bounds of their own: names must stay as the program knows them. */
const works = (): Work[] => [
  product(1, 1024, 1024, 1024),
  convolution(3, 80, 64, 64),
  product(1, 400, 256, 1024),
  convolution(3, 80, 16, 16),
  convolution(1, 20, 448, 128),
  product(8, 100, 32, 100, true),
  depthwise(3, 80, 72),
];

async function requireSame({ name, ours, tfjs }: Work): Promise<void> {
  const [mine, theirs] = tf.tidy(() => [ours(), tfjs()]);
  const difference = relativeL2((await mine!.data()) as Float32Array, (await theirs!.data()) as Float32Array);
  tf.dispose([mine!, theirs!]);
  if (!(difference <= MOST_DIFFERENCE)) throw new Error(`${name}: ours and TF.js's differ by ${difference}`);
}

async function repeat({ backend, settle }: BenchDevice, times: number, work: () => tf.Tensor): Promise<void> {
  for (let i = 1; i <= times; i++) {
    work().dispose();
    if (i % SUBMIT_EVERY === 0) submit(backend);
  }
  await settle();
}

/** Repeats in a run; compiles on the way, and leaves the work warm. */
async function repeatsOf(device: BenchDevice, work: () => tf.Tensor): Promise<number> {
  await repeat(device, 1, work);
  const ms = await timed(() => repeat(device, 1, work));
  return Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LONG_MS / ms)));
}

async function measure(device: BenchDevice, work: Work, rounds: number): Promise<KernelRow> {
  await requireSame(work);
  const sides = [work.ours, work.tfjs];
  const repeats: number[] = [];
  for (const side of sides) repeats.push(await repeatsOf(device, side));
  const times = await takeTurns(
    sides.map((side, i) => ({ run: () => repeat(device, repeats[i]!, side), runs: rounds })),
  );
  const [ours_ms, tfjs_ms] = times.map((all, i) => Math.min(...all) / repeats[i]!) as [number, number];
  say(`${work.name}: ${ours_ms.toFixed(2)} ms, TF.js ${tfjs_ms.toFixed(2)} ms`);
  return { work: work.name, flop: work.flop, ours_ms, tfjs_ms, rounds };
}

/** The shortest of some rounds: what is asked for is what the kernel can do. */
export async function kernels({ runs }: Effort): Promise<KernelResult> {
  tf.registerKernel({ ...tf.getKernel('BatchMatMul', 'webgpu')!, kernelName: BEFORE });
  const device = await openDevice();
  await tune(device.backend, device.info, { store: NO_STORE });
  const rows: KernelRow[] = [];
  for (const work of works()) rows.push(await measure(device, work, runs));
  const { flops32 } = await devicePeak(device.device, device.software);
  return { adapter: device.adapter, software: device.software, rows, peak: flops32 };
}
