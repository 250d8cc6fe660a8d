/**
 * What a step with eight rollouts costs beside a supervised one (StepDETR-S, memory kept, decoder and heads trained):
 *   npx vitest bench --project parity --run src/train/step-cost.bench.ts
 * It prints the shortest of a few rounds; what Vitest says of it is not meant.
 *
 * B images, G rollouts of an image, R = B G rows, K layers, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { labelsOf } from '../data/config-file';
import { randomNormal } from '../kernels/random-normal/op';
import { openTestDevice } from '../kernels/testing/device';
import { untraced } from '../kernels/untraced';
import { overlapOf } from '../lib/box-overlap';
import type { Labels, SetPrediction } from '../lib/set-prediction';
import { trainSettings, type TrainSettings } from '../lib/train-settings';
import { decoderLayers, type Detector, type Memory, type Trace } from '../models/detector';
import { activeQueries, reconsiderAt, rollOut, type RolloutStep } from '../models/episode';
import { loadDetector } from '../models/load';
import { gradientsOf } from '../nn/tape';
import { reinforceLoss } from '../rl/policy-losses';
import { Optimiser } from './optimiser';
import { readPredictions } from './predictions';
import { earn, judge } from './rewards';
import { matchAll, setLosses } from './set-objective';
import { trainedNames } from './trained';

const PHOTOS = ['cat', 'raccoon', 'coffee', 'astronaut'];
const LABELS = 3;
const ROUNDS = 3;
const ROLLOUTS = 8;

await openTestDevice();
const model: Detector = await embedded();
const names = trainedNames(model, trainSettings('grpo'));
model.parameters.deviceResident(names);
const optimiser = new Optimiser(model.parameters, names, { rateOf: () => 1, decays: () => true, emaDecay: 0 });

async function embedded(): Promise<Detector> {
  const signal = new AbortController().signal;
  const { config, preprocessor, weights, extra } = await openEmbedded(
    'stepdetr_s',
    location.origin,
    () => undefined,
    signal,
  );
  const backbone = extra.get('backbone.safetensors');
  return loadDetector({ config, preprocessor, classes: labelsOf(config), weights, backbone });
}

/** What one step works on. */
interface Work {
  memory: Memory;
  labels: Labels[];
  settings: TrainSettings;
}

async function memoryOf(photo: string): Promise<Memory> {
  const bitmap = await createImageBitmap(await (await fetch(`/samples/${photo}.jpg`)).blob());
  const [height, width] = model.preprocessing.size;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = Float32Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]!);
  return model.encode(tf.tensor4d(rgb, [1, height, width, 3]));
}

/** The model's own surest answers, moved a little: labels that it can be better or worse at. */
function labelsFrom({ queries, columns, logits, boxes }: SetPrediction): Labels {
  const best = Array.from({ length: queries }, (_, query) => {
    const row = logits.subarray(query * columns, (query + 1) * columns);
    const score = Math.max(...row);
    return { query, score, label: row.indexOf(score) };
  }).sort((a, b) => b.score - a.score);
  const kept: typeof best = [];
  for (const one of best)
    if (kept.length < LABELS && kept.every((other) => overlapOf(boxes, one.query, boxes, other.query).iou < 0.5))
      kept.push(one);
  return {
    classes: kept.map(({ label }) => label),
    boxes: Float32Array.from(
      kept.flatMap(({ query }) => [...boxes.subarray(4 * query, 4 * query + 4)].map((side) => side * 0.97)),
    ),
  };
}

async function workOf(images: number, settings: TrainSettings): Promise<Work> {
  const each = await Promise.all(PHOTOS.slice(0, images).map(memoryOf));
  const memory = { tokens: tf.concat(each.map(({ tokens }) => tokens)), shapes: each[0]!.shapes };
  const { layers } = model.decode(memory);
  const [last] = await readPredictions([layers.at(-1)!], model.scoring);
  return { memory, labels: last!.map(labelsFrom), settings };
}

/** [K][R] -> [R,K,Q] advantages of what the rollouts earned. */
async function advantagesOf({ labels, settings }: Work, steps: readonly RolloutStep[]): Promise<Float32Array> {
  const predictions = await readPredictions(steps, model.scoring);
  const earned = predictions.map((layer) =>
    layer.map((prediction, row) =>
      earn(prediction, labels[Math.floor(row / settings.rollouts)]!, { settings, recipe: model.setLoss }),
    ),
  );
  return judge(earned, labels.length, settings).advantages;
}

type PolicyLoss = (work: Work, trace: Trace) => Promise<tf.Scalar>;

const noiseOf = (rows: number): tf.Tensor3D[] =>
  Array.from({ length: model.layers }, (_, stream) =>
    randomNormal<tf.Rank.R3>([rows, model.queries, 128], { seed: 1, stream }),
  );

/** All rollouts traced, all queries. */
const whole: PolicyLoss = async (work, { memory, first }) => {
  const { rollouts } = work.settings;
  const episode = model.episode(memory, first, { rollouts, logStd: { min: -5, max: 0 } });
  const steps = rollOut(episode, noiseOf(episode.rows));
  const advantages = await advantagesOf(work, steps);
  const logProb = tf.stack(
    steps.map((step) => step.logProb),
    1,
  );
  return reinforceLoss(logProb, tf.tensor(advantages, logProb.shape));
};

/** Rollouts untraced, then the active queries alone. */
const active: PolicyLoss = async (work, { memory, first, layers }) => {
  const { rollouts } = work.settings;
  const firstMean = decoderLayers({ layers })[0]!.hidden;
  const episode = model.episode(memory, first, { rollouts, logStd: { min: -5, max: 0 }, firstMean });
  const steps = untraced(() => rollOut(episode, noiseOf(episode.rows)));
  const advantages = await advantagesOf(work, steps);
  const size = { rows: episode.rows, layers: model.layers, queries: model.queries };
  const terms = steps.map((step, k) => {
    const { count, queries, values } = activeQueries(advantages, size, k);
    counts.add(`  layer ${k + 1}: ${count} of ${model.queries} queries active`);
    const shape: [number, number] = [episode.rows, count];
    const { logProb } = reconsiderAt(episode, k, step, tf.tensor2d(queries, shape, 'int32'));
    const share = count / model.queries / model.layers;
    return tf.mul(reinforceLoss(logProb, tf.tensor2d(values, shape)), share);
  });
  return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
};

async function learn(work: Work, policy: PolicyLoss | null): Promise<void> {
  const parameters = names.map((name) => model.parameters.get(name));
  const { loss, gradients } = await gradientsOf(async () => {
    const trace = model.decode(work.memory);
    const matches = matchAll(await readPredictions(trace.layers, model.scoring), work.labels, model.setLoss);
    const { classes, boxes } = setLosses(trace.layers, work.labels, matches, model.setLoss);
    const set = tf.sum(tf.add(classes, boxes));
    const loss = policy ? tf.add(set, await policy(work, trace)) : set;
    return { loss: loss as tf.Scalar, value: null };
  }, parameters);
  await optimiser.step(gradients, loss, { learningRate: 1e-9, maxNorm: 0.1, weightDecay: 0 });
  tf.dispose([loss, gradients]);
}

const labelOf = ({ labels, settings }: Work): string => `B = ${labels.length}, credit ${settings.credit}`;
const counts = new Set<string>();

/** The noisy passes and what they earn. */
async function roll(work: Work): Promise<void> {
  tf.engine().startScope();
  const trace = model.decode(work.memory);
  const firstMean = decoderLayers(trace)[0]!.hidden;
  const options = { rollouts: work.settings.rollouts, logStd: { min: -5, max: 0 }, firstMean };
  const episode = model.episode(work.memory, trace.first, options);
  await advantagesOf(work, rollOut(episode, noiseOf(episode.rows)));
  tf.engine().endScope();
}

/** Shortest milliseconds of each, in turn, so that what else runs on the machine meets them alike. */
async function compare(work: Work): Promise<void> {
  const jobs: Record<string, () => Promise<void>> = {
    supervised: () => learn(work, null),
    'rollouts and rewards alone': () => roll(work),
    'active queries': () => learn(work, active),
    'all queries': () => learn(work, whole),
  };
  const least: Record<string, number> = {};
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, job] of Object.entries(jobs)) {
      const start = performance.now();
      await job();
      // the first round compiles
      if (round > 0) least[name] = Math.min(least[name] ?? Infinity, performance.now() - start);
    }
  const rows = Object.entries(least).map(
    ([name, ms]) => `  ${name}: ${ms.toFixed(0)} ms, ${(ms / least['supervised']!).toFixed(2)} supervised steps`,
  );
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`${labelOf(work)}, G = ${ROLLOUTS}`, ...rows, ...counts].join('\n'));
  counts.clear();
}

describe('a step with rollouts beside a supervised one', () => {
  for (const images of [1, 4])
    for (const credit of ['query', 'image'] as const)
      bench(
        `B = ${images}, credit ${credit}`,
        async () => compare(await workOf(images, trainSettings('reinforce', { credit, rollouts: ROLLOUTS }))),
        { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 },
      );
});
