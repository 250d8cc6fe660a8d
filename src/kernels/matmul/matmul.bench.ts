/**
 * GFLOP/s of every variant of our matrix product beside TF.js 4.22's own kernel on the same adapter, taking turns:
 *   npx vitest bench --project parity --run src/kernels/matmul/matmul.bench.ts
 * It prints the shortest of a few rounds; what Vitest says of it is not meant. A variant that is hopeless on an adapter is
 * timed once. Bound: `direct` at 1024^3 at least 3 times TF.js on a software adapter.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { bench, describe } from 'vitest';
import { openTestDevice } from '../testing/device';
import { takeTurns, type Turn } from '../testing/turns';
import { withVariant } from '../tuning/tuning';
import { matMul } from './op';
import { tuningName } from './program';
import { possibleVariants } from './variants';

// TF.js's own product, before ours takes its name
const BEFORE = 'BatchMatMulBefore';
tf.registerKernel({ ...tf.getKernel('BatchMatMul', 'webgpu'), kernelName: BEFORE });
const { backend, info } = await openTestDevice();

const ROUNDS = 4;

interface Case {
  /** B, M, K, N */
  size: readonly [number, number, number, number];
  transposeA?: boolean;
  transposeB?: boolean;
}

const CASES: readonly Case[] = [
  { size: [1, 300, 256, 256] },
  { size: [1, 400, 256, 1024] },
  { size: [1, 2100, 128, 128] },
  { size: [1, 1, 256, 512] },
  { size: [8, 300, 32, 300], transposeB: true },
  { size: [8, 300, 300, 32] },
  { size: [1, 256, 2400, 256], transposeA: true },
  { size: [1, 1024, 1024, 1024] },
];

async function compare({ size, transposeA = false, transposeB = false }: Case): Promise<void> {
  const [batch, rows, inner, columns] = size;
  const a = tf.randomUniform([batch, ...(transposeA ? [inner, rows] : [rows, inner])]);
  const b = tf.randomUniform([batch, ...(transposeB ? [columns, inner] : [inner, columns])]);
  const variants = possibleVariants(backend, { batch, rows, inner, columns }, { transposeA, transposeB });
  const ours = variants.map((name): Turn => {
    const work = (): tf.Tensor => matMul(a, b, transposeA, transposeB);
    return { name, work: () => withVariant(tuningName(transposeA, transposeB), name, work) };
  });
  const theirs = (): tf.Tensor => tf.engine().runKernel(BEFORE, { a, b }, { transposeA, transposeB });
  const turns = [{ name: 'TF.js', work: theirs }, ...ours];
  const least = await takeTurns(turns, ROUNDS);
  const lines = turns.map(({ name }, at) => {
    const rate = (2 * batch * rows * inner * columns) / least[at]! / 1e6;
    return `  ${name}: ${least[at]!.toFixed(2)} ms, ${rate.toFixed(2)} GFLOP/s, ${(least[0]! / least[at]!).toFixed(2)} times TF.js`;
  });
  tf.dispose([a, b]);
  const layout = `${transposeA ? ' a transposed' : ''}${transposeB ? ' b transposed' : ''}`;
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`${size.join(' x ')}${layout} on ${info.description || info.architecture}`, ...lines].join('\n'));
}

describe('matrix products', () => {
  for (const one of CASES) {
    bench(one.size.join(' x '), async () => compare(one), {
      time: 0,
      iterations: 1,
      warmupTime: 0,
      warmupIterations: 0,
    });
  }
});
