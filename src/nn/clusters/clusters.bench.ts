/**
 * What clusters save of a dense encoder's attention, against the number of tokens and of rounds:
 *   npx vitest bench --project parity --run src/nn/clusters/clusters.bench.ts
 * It prints the shortest of a few rounds; what Vitest says of it is not meant. Tokens are places of a smooth random field with
 * some noise, as an image's are; how many clusters they make is printed beside the times, and real features make others.
 *
 * N tokens, C clusters, D width, L rounds, G cells of the field's grid along a side.
 */
import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import { attention } from '../../kernels/attention/op';
import { linear } from '../../kernels/matmul/op';
import { randomNormal } from '../../kernels/random-normal/op';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { numbers } from '../../kernels/testing/gradients';
import { backToMembers, disposeClusters, findClusters, meansOf } from './clusters';
import { clusteredFlops, exactFlops } from './cost';
import { CLUSTER_DEFAULTS } from '../../lib/clusters';

const WIDTH = 256;
const HEADS = 8;
const TOKENS = [300, 600, 1200, 2400];
const HASH_ROUNDS = [8, 16, 24, 32];
const TIMED = 3;
/** Of the field, and how far a token lies from it. */
const [GRID, HEIGHT, NOISE] = [5, 1, 0.05];

const opened = await openTestDevice();
const square = (stream: number): tf.Tensor2D =>
  tf.tidy(() => tf.div(randomNormal<tf.Rank.R2>([WIDTH, WIDTH], { seed: 7, stream }), Math.sqrt(WIDTH)));
const [query, key, value, out] = [0, 1, 2, 3].map(square) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

/** [1,N,D] on a grid of about 4:3, by bilinear interpolation between the field's G x G points. */
function tokensOf(count: number): tf.Tensor3D {
  const columns = Math.round(Math.sqrt((count * 4) / 3));
  const [points, noise] = [numbers(GRID * GRID * WIDTH, 1), numbers(count * WIDTH, 2)];
  const values = noise.map((n, at) => {
    const [token, d] = [Math.floor(at / WIDTH), at % WIDTH];
    const [x, y] = [(token % columns) / columns, Math.floor(token / columns) / Math.ceil(count / columns)];
    const [gx, gy] = [x * (GRID - 1), y * (GRID - 1)];
    const [left, top] = [Math.min(Math.floor(gx), GRID - 2), Math.min(Math.floor(gy), GRID - 2)];
    const point = (i: number, j: number): number => points[((top + j) * GRID + left + i) * WIDTH + d]!;
    const [fx, fy] = [gx - left, gy - top];
    const above = point(0, 0) * (1 - fx) + point(1, 0) * fx;
    const below = point(0, 1) * (1 - fx) + point(1, 1) * fx;
    return HEIGHT * (above * (1 - fy) + below * fy) + NOISE * n;
  });
  return tf.tensor3d(values, [1, count, WIDTH]);
}

const by = (x: tf.Tensor3D, weight: tf.Tensor2D): tf.Tensor3D => linear(x, weight) as tf.Tensor3D;

const exact = (x: tf.Tensor3D): tf.Tensor3D =>
  tf.tidy(() => by(attention(by(x, query), by(x, key), by(x, value), HEADS), out));

async function clustered(x: tf.Tensor3D, rounds: number): Promise<{ answer: tf.Tensor3D; count: number }> {
  const clusters = await findClusters(x, { ...CLUSTER_DEFAULTS, rounds }, 0);
  const answer = tf.tidy(() => {
    const mixed = attention(by(meansOf(x, clusters), query), by(x, key), by(x, value), HEADS);
    return backToMembers(by(mixed, out), clusters);
  });
  disposeClusters(clusters);
  return { answer, count: clusters.grouping.most };
}

/** Milliseconds until the answer is there. */
async function timed(work: () => Promise<tf.Tensor>): Promise<number> {
  const start = performance.now();
  const answer = await work();
  // one number is enough to have waited for all of it
  const last = tf.tidy(() => tf.slice(tf.reshape(answer, [answer.size]), answer.size - 1, 1));
  await last.data();
  const ms = performance.now() - start;
  tf.dispose([answer, last]);
  return ms;
}

/** The shortest milliseconds of each, in turn, so that what else runs on the machine meets them alike. */
async function compare(jobs: readonly (() => Promise<tf.Tensor>)[]): Promise<number[]> {
  const least = jobs.map(() => Infinity);
  for (let round = 0; round <= TIMED; round++)
    for (const [at, job] of jobs.entries()) {
      const ms = await timed(job);
      // the first round compiles
      if (round > 0) least[at] = Math.min(least[at]!, ms);
    }
  // a dispatch that the device refused costs nothing and answers zeros
  await throwFaults(opened);
  return least;
}

/** |clustered - exact| / |exact| of the attention's answer. */
async function apart(x: tf.Tensor3D, answer: tf.Tensor3D): Promise<number> {
  const ratio = tf.tidy(() => {
    const wanted = exact(x);
    return tf.div(tf.norm(tf.sub(answer, wanted)), tf.norm(wanted));
  });
  const value = (await ratio.data())[0]!;
  ratio.dispose();
  return value;
}

async function report(count: number): Promise<void> {
  const x = tokensOf(count);
  const jobs = HASH_ROUNDS.map((rounds) => async () => (await clustered(x, rounds)).answer);
  const [whole, ...times] = await compare([() => Promise.resolve(exact(x)), ...jobs]);
  const flops = exactFlops({ tokens: count, width: WIDTH });
  const lines = [`N ${count}: exact ${whole!.toFixed(0)} ms, ${(flops / 1e9).toFixed(3)} GFLOP`];
  for (const [at, rounds] of HASH_ROUNDS.entries()) {
    const { answer, count: clusters } = await clustered(x, rounds);
    const cost = clusteredFlops({ tokens: count, clusters, width: WIDTH, rounds });
    const difference = await apart(x, answer);
    answer.dispose();
    const part = (a: number, b: number): string => `${((100 * a) / b).toFixed(0)} %`;
    lines.push(
      `  L ${rounds}: C ${clusters}, ${times[at]!.toFixed(0)} ms (${part(times[at]!, whole!)}), ` +
        `${(cost / 1e9).toFixed(3)} GFLOP (${part(cost, flops)}), answer differs by ${difference.toFixed(3)}`,
    );
  }
  await throwFaults(opened);
  x.dispose();
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn(lines.join('\n'));
}

describe('attention over clusters', () => {
  const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };
  for (const count of TOKENS) bench(`${count} tokens`, () => report(count), once);
});
