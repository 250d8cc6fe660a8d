/** Times of several pieces of GPU work that take turns in one run: on a shared machine only such figures compare. */
import * as tf from '@tensorflow/tfjs-core';

export interface Turn {
  name: string;
  work: () => tf.Tensor;
}

/** Work this many times slower than the fastest is timed once and then left out. */
const HOPELESS = 6;

/** Runs the work and waits for one number of it. @returns milliseconds */
async function timed(work: () => tf.Tensor): Promise<number> {
  tf.engine().startScope();
  const start = performance.now();
  const out = work();
  await tf.slice(tf.reshape(out, [out.size]), 0, 1).data();
  const took = performance.now() - start;
  tf.engine().endScope();
  return took;
}

/** Every turn's shortest milliseconds of so many rounds, after one that makes the pipelines. */
export async function takeTurns(turns: readonly Turn[], rounds: number): Promise<number[]> {
  const least = turns.map(() => Infinity);
  for (const { work } of turns) await timed(work);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { work }] of turns.entries()) {
      if (round > 0 && least[at]! > HOPELESS * Math.min(...least)) continue;
      least[at] = Math.min(least[at]!, await timed(work));
    }
  }
  return least;
}
