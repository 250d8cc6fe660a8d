/**
 * What every family's episode is held to: without noise it is detection, rows of a batch do not see each other, an action that is
 * looked at again has the probability that it was taken with.
 *
 * B images, G rollouts of an image, rows R = B G, Q queries, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { randomNormal } from '../../kernels/random-normal/op';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { gaussianLogProb } from '../../nn/gaussian';
import { decoderLayers, type Detector, type Memory, type Trace } from '../detector';
import { reconsider, rollOut, type RolloutStep } from '../episode';

export const IMAGES = 2;
export const ROLLOUTS = 3;
export const LIMITS = { min: -5, max: 0 };
/** Relative L2 of two ways to the same numbers. */
export const CLOSE = 1e-4;

export interface Subject {
  model: Detector;
  /** Of IMAGES images. */
  memory: Memory;
  /** D */
  width: number;
}

export const subjectOf = (model: Detector, memory: Memory): Subject => ({
  ...{ model, memory },
  width: model.select(memory).first.hidden.shape[2],
});

/** @returns one [rows,Q,D] for each layer; the same seed gives the same */
export const noiseFor = ({ model, width }: Subject, rows: number, seed: number): tf.Tensor3D[] =>
  Array.from({ length: model.layers }, (_, stream) =>
    randomNormal<tf.Rank.R3>([rows, model.queries, width], { seed, stream }),
  );

/** @param rollouts of each image @param noise of each layer, [R,Q,D] */
export const rolledOut = ({ model, memory }: Subject, rollouts: number, noise: tf.Tensor3D[]): RolloutStep[] =>
  rollOut(model.episode(memory, model.select(memory).first, { rollouts, logStd: LIMITS }), noise);

export const rowOf = <T extends tf.Tensor>(x: T, row: number): T => tf.slice(x, [row], [1]);

/** One image's part of a memory that no trace has read. */
function imageOf({ shapes, tokens, mask, ratios }: Memory, image: number): Memory {
  const padding = mask && ratios ? { mask: rowOf(mask, image), ratios: rowOf(ratios, image) } : {};
  return { shapes, tokens: rowOf(tokens, image), ...padding };
}

/** @param trace of the subject's memory */
export async function expectDetection(subject: Subject, trace: Trace): Promise<void> {
  const steps = rolledOut(subject, 1, noiseFor(subject, IMAGES, 1).map(tf.zerosLike));
  const layers = decoderLayers(trace);
  expect(steps.length).toBe(layers.length);
  for (const [k, { action, logits, boxes }] of steps.entries()) {
    const wanted = layers[k]!;
    for (const [name, got, expected] of [
      ['queries', action, wanted.hidden],
      ['logits', logits, wanted.logits],
      ['boxes', boxes, wanted.boxes],
    ] as const)
      expect(relativeL2(await got.data(), await expected.data()), `${name} ${k}`).toBeLessThanOrEqual(CLOSE);
  }
}

/** Rows are images, each with its rollouts: each of `rows` by itself is what it is in the batch. */
export async function expectRowsAlone(subject: Subject, rows: readonly number[], tolerance = CLOSE): Promise<void> {
  const noise = noiseFor(subject, IMAGES * ROLLOUTS, 5);
  const together = rolledOut(subject, ROLLOUTS, noise);
  for (const row of rows) {
    const own = { ...subject, memory: imageOf(subject.memory, Math.floor(row / ROLLOUTS)) };
    const alone = rolledOut(
      own,
      1,
      noise.map((part) => rowOf(part, row)),
    );
    for (const [k, step] of alone.entries())
      for (const name of ['action', 'logits', 'boxes'] as const)
        expect(
          relativeL2(await rowOf(together[k]![name], row).data(), await step[name].data()),
          `row ${row}, layer ${k}, ${name}`,
        ).toBeLessThanOrEqual(tolerance);
  }
}

/**
 * The episode that took an action, and one of a twin that shares the weights, give it the probability that it was taken with; the
 * twin goes without taking along what is the model's.
 */
export async function expectReconsidered(subject: Subject, rollouts: number): Promise<void> {
  const { model, memory } = subject;
  const { first } = model.select(memory);
  const options = { rollouts, logStd: LIMITS };
  const own = model.episode(memory, first, options);
  const steps = rollOut(own, noiseFor(subject, IMAGES * rollouts, 6));
  const twin = model.sharing(model.parameters);
  for (const [whose, episode] of Object.entries({ own, twin: twin.episode(memory, first, options) }))
    for (const [k, step] of steps.entries()) {
      const { logProb } = reconsider(episode, k, step);
      expect(relativeL2(await logProb.data(), await step.logProb.data()), `${whose}, layer ${k}`).toBeLessThanOrEqual(
        1e-6,
      );
    }
  twin.dispose();
  expect(model.parameters.names().filter((name) => model.parameters.get(name).isDisposed)).toEqual([]);
  const after = model.decode(memory);
  expect(maxDifference(await after.first.hidden.data(), await first.hidden.data())).toBe(0);
  expect((await decoderLayers(after)[0]!.logits.data()).every(Number.isFinite)).toBe(true);
}

/**
 * Rolls out and takes the gradient of every log probability to the named parameters; frees what it made.
 * @param memory made anew, where the gradient reaches into the encoder
 */
export function takeGradients(
  subject: Subject,
  names: readonly string[],
  memory: () => Memory = () => subject.memory,
): void {
  const { value, grads } = tf.engine().gradients(
    () =>
      rolledOut({ ...subject, memory: memory() }, ROLLOUTS, noiseFor(subject, IMAGES * ROLLOUTS, 8))
        .map(({ logProb }) => tf.mean(logProb))
        .reduce((a, b) => tf.add(a, b)) as tf.Scalar,
    names.map((name) => subject.model.parameters.get(name)),
  );
  tf.dispose([value, ...grads.filter(Boolean)]);
}

/** Gradients of the first layer's log probability, weighted, to the named parameters and its log_std, two ways. */
export function firstGradients(
  subject: Subject,
  names: readonly string[],
): Record<'episode' | 'detection', tf.Tensor[]> {
  const { model, memory } = subject;
  const logStd = model.parameters.get<tf.Rank.R1>(model.policy[0]!);
  const xs = [...names.map((name) => model.parameters.get(name)), logStd];
  const weights = randomNormal<tf.Rank.R2>([IMAGES, model.queries], { seed: 4, stream: 0 });
  const decoded = (): tf.Tensor3D => decoderLayers(model.decode(memory))[0]!.hidden;
  const [noise] = noiseFor(subject, IMAGES, 9);
  const action: tf.Tensor3D = tf.add(decoded(), tf.mul(noise!, Math.exp(-3)));
  const gradients = (logProb: () => tf.Tensor): tf.Tensor[] =>
    tf.engine().gradients(() => tf.sum(tf.mul(logProb(), weights)) as tf.Scalar, xs).grads;
  const episode = model.episode(memory, model.select(memory).first, { rollouts: 1, logStd: LIMITS });
  return {
    episode: gradients(() => {
      const { mean, logStd: spread } = episode.policy(0, episode.start());
      return gaussianLogProb(action, mean, spread);
    }),
    detection: gradients(() => gaussianLogProb(action, decoded(), logStd)),
  };
}
