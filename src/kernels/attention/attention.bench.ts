/**
 * Fused attention beside the composed operations, forward and with all gradients, on the same adapter:
 *   npx vitest bench --project parity --run src/kernels/attention/attention.bench.ts
 * It prints the shortest of a few rounds, in turn, less what waiting for a read-back costs by itself; what Vitest says of it
 * is not meant. On a real GPU both fused variants are measured.
 *
 * T targets and sources, d width of a head.
 */
import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { attention } from './op';
import type { AttentionVariant } from './variant';

const HEADS = 8;
const WIDTHS = [16, 32];
const TOKENS = [20, 100, 300, 400, 1000, 2000];
const ROUNDS = 4;

const opened = await openTestDevice();
/** `shared` is for real GPUs: barriers make it no match here. */
const VARIANTS: readonly AttentionVariant[] = opened.software
  ? ['composed', 'registers']
  : ['composed', 'registers', 'shared'];

type Work = () => tf.Tensor;

/** Milliseconds until one number of the answer is there. */
async function timed(work: Work): Promise<number> {
  const start = performance.now();
  const answer = tf.tidy(work);
  const number = tf.tidy(() => tf.slice(tf.reshape(answer, [answer.size]), answer.size - 1, 1));
  await number.data();
  const ms = performance.now() - start;
  tf.dispose([answer, number]);
  return ms;
}

/** The shortest milliseconds of each, in turn, so that what else runs on the machine meets them alike. */
async function compare(jobs: readonly Work[]): Promise<number[]> {
  const least = jobs.map(() => Infinity);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [at, job] of jobs.entries()) {
      const ms = await timed(job);
      // the first round compiles
      if (round > 0) least[at] = Math.min(least[at]!, ms);
    }
  // a dispatch that the device refused costs nothing and answers zeros
  await throwFaults(opened);
  return least;
}

async function report(tokens: number, width: number): Promise<void> {
  const shape: [number, number, number] = [1, tokens, HEADS * width];
  const [q, k, v, dy] = [1, 2, 3, 4].map((seed) => tf.tensor3d(numbers(tokens * HEADS * width, seed), shape)) as [
    tf.Tensor3D,
    tf.Tensor3D,
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  const forward = (variant: AttentionVariant): Work => {
    return () => attention(q, k, v, HEADS, { variant });
  };
  const both = (variant: AttentionVariant): Work => {
    const run = (...x: tf.Tensor[]): tf.Tensor =>
      attention(...(x as [typeof q, typeof k, typeof v]), HEADS, { variant });
    return () => tf.addN(tf.grads(run)([q, k, v], dy));
  };
  const nothing: Work = () => tf.clone(dy);
  const times = await compare([nothing, ...VARIANTS.map(forward), ...VARIANTS.map(both)]);
  const waiting = times.shift()!;
  const lines = ['forward', 'forward and gradients'].map((name, pass) => {
    const of = times
      .slice(pass * VARIANTS.length, (pass + 1) * VARIANTS.length)
      .map((ms) => Math.max(ms - waiting, 0.01));
    return `  ${name}: ${VARIANTS.map((variant, at) => `${variant} ${of[at]!.toFixed(2)} ms (${(of[at]! / of[0]!).toFixed(2)})`).join(', ')}`;
  });
  tf.dispose([q, k, v, dy]);
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`T = S = ${tokens}, ${HEADS} heads of ${width}`, ...lines].join('\n'));
}

/** Vitest calls its function more often than asked. */
let reported: Promise<void> | undefined;

async function reportAll(): Promise<void> {
  for (const width of WIDTHS) for (const tokens of TOKENS) await report(tokens, width);
}

describe('attention', () => {
  const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };
  bench('all sizes', () => (reported ??= reportAll()), once);
});
