/**
 * A step's rollouts and what they earned (../shared/design/rl.md), as constants that one or more passes learn from.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries, E of them sampled (all, where the
 * settings say so), A whose policy is wanted with a gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../kernels/random-normal/op';
import { untraced } from '../kernels/untraced';
import { seededRandom, type Random } from '../lib/random';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import { decoderLayers, type Detector, type First, type Memory, type Trace } from '../models/detector';
import {
  activeQueries,
  rollOut,
  type ActiveQueries,
  type Episode,
  type Explored,
  type RolloutStep,
} from '../models/episode';
import { gatherTokens } from '../nn/geometry';
import { stopGradient } from '../nn/tape';
import { chooseExplored, ofExplored, withPath, type Choice } from './explore';
import { readPredictions } from './predictions';
import { earn, judge, type Earned, type Judged } from './rewards';

/** What a step plays on. */
export interface Game {
  detector: Detector;
  /** The policy before the run; null without a KL to it. */
  frozen: Detector | null;
  trace: Trace;
  /** [K][B] what the path without noise says, and what it stands for. */
  predictions: readonly (readonly SetPrediction[])[];
  matches: readonly (readonly Match[])[];
  settings: TrainSettings;
}

/** Some of a layer's columns A. */
export interface Columns {
  from: number;
  count: number;
}

/** One layer of the rollouts as the policy's loss needs it; its tensors are constants. */
export interface SampledLayer {
  step: Pick<RolloutStep, 'state' | 'action'>;
  /** [R,A] int32 indices into E: the queries that earn something, and those of the KL. */
  queries: tf.Tensor2D;
  /** [R,A] 0 where a query earns nothing. */
  advantage: tf.Tensor2D;
  /** [R,A] of the policy that acted. */
  oldLogProb: tf.Tensor2D;
  /** Where the KL to the start is taken; null without one. */
  kl: Columns | null;
}

export interface Sampled {
  /** What entered the first layer. */
  first: First;
  /** Absent where all queries are sampled. */
  explored: Explored | undefined;
  layers: SampledLayer[];
  /** [K][R] */
  earned: Earned[][];
  judged: Judged;
}

export function sampledTensors({ first, explored, layers }: Sampled): tf.Tensor[] {
  return [
    first.hidden,
    first.boxes,
    ...(explored ? [explored.queries, explored.others, ...explored.path.flatMap((state) => Object.values(state))] : []),
    ...layers.flatMap(({ step, queries, advantage, oldLogProb }) => [
      ...Object.values(step.state),
      ...[step.action, queries, advantage, oldLogProb],
    ]),
  ];
}

/** What a step's episode starts from. */
export interface Start {
  first: First;
  /** What the first layer makes of `first`, where it has been computed already. */
  firstMean?: tf.Tensor3D | undefined;
  explored: Explored | undefined;
}

/** The episode of a step with the settings' rollouts and limits of log_std. */
export function episodeOf(
  detector: Detector,
  memory: Memory,
  { first, firstMean, explored }: Start,
  { rollouts, logStdMin, logStdMax }: TrainSettings,
): Episode {
  return detector.episode(memory, first, {
    ...{ rollouts, logStd: { min: logStdMin, max: logStdMax } },
    ...{ firstMean, explored },
  });
}

/** Standard normal numbers of every layer [R,E,D]; the same for the same seed and step. */
function noiseOf(episode: Episode, shape: readonly [number, number], seed: number, step: number): tf.Tensor3D[] {
  return Array.from({ length: episode.steps }, (_, k) =>
    randomNormal<tf.Rank.R3>([episode.rows, ...shape], { seed, stream: step * episode.steps + k }),
  );
}

function exploredOf({ queries, others, count }: Choice, { first, layers }: Trace): Explored {
  const images = queries.length / count;
  const entering = [first, ...decoderLayers({ layers }).slice(0, -1)];
  return {
    queries: tf.tensor2d(queries, [images, count], 'int32'),
    others: tf.tensor2d(others, [images, others.length / images], 'int32'),
    path: entering.map(({ hidden, boxes }) => ({ queries: stopGradient(hidden), boxes: stopGradient(boxes) })),
  };
}

/** All queries of every row, with their advantages. @param advantages [R,K,E] packed */
function allQueries(
  advantages: Float32Array,
  { rows, layers, queries }: { rows: number; layers: number; queries: number },
  layer: number,
): ActiveQueries {
  const values = new Float32Array(rows * queries);
  for (let row = 0; row < rows; row++) {
    const start = (row * layers + layer) * queries;
    values.set(advantages.subarray(start, start + queries), row * queries);
  }
  return { count: queries, queries: Int32Array.from(values, (_, at) => at % queries), values };
}

/** `extra` different numbers below `queries`, every choice as likely as any other. */
function drawn(random: Random, queries: number, extra: number): number[] {
  const order = Array.from({ length: queries }, (_, q) => q);
  for (let at = 0; at < extra; at++) {
    const other = at + Math.floor(random() * (queries - at));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order.slice(0, extra);
}

/** Every row's queries, and behind them some drawn at random that earn nothing here. */
function withDrawn(
  { count, queries, values }: ActiveQueries,
  all: number,
  extra: number,
  random: Random,
): ActiveQueries {
  const rows = queries.length / count;
  const wider = { count: count + extra, queries: new Int32Array(rows * (count + extra)) };
  const more = new Float32Array(rows * wider.count);
  for (let row = 0; row < rows; row++) {
    wider.queries.set(queries.subarray(row * count, (row + 1) * count), row * wider.count);
    wider.queries.set(drawn(random, all, extra), row * wider.count + count);
    more.set(values.subarray(row * count, (row + 1) * count), row * wider.count);
  }
  return { ...wider, values: more };
}

/** The columns of a layer: with query credit only those that earn something, and for the KL some more or all. */
function columnsOf(
  advantages: Float32Array,
  size: { rows: number; layers: number; queries: number },
  layer: number,
  { frozen, settings: { credit, refQueries, seed } }: Game,
  step: number,
): { active: ActiveQueries; kl: Columns | null } {
  const { queries } = size;
  const pick = credit === 'query' ? activeQueries : allQueries;
  if (frozen === null) return { active: pick(advantages, size, layer), kl: null };
  if (refQueries === 0 || refQueries >= queries)
    return { active: allQueries(advantages, size, layer), kl: { from: 0, count: queries } };
  const earning = pick(advantages, size, layer);
  const random = seededRandom(seed, 'kl', step, layer);
  return { active: withDrawn(earning, queries, refQueries, random), kl: { from: earning.count, count: refQueries } };
}

/** [K][R] of all queries, whatever was sampled. */
async function earnedBy(
  steps: readonly RolloutStep[],
  labels: readonly Labels[],
  { detector: { scoring, setLoss }, predictions: path, settings }: Game,
  choice: Choice | null,
): Promise<Earned[][]> {
  const predictions = await readPredictions(steps, scoring);
  const rules = { settings, recipe: setLoss };
  return predictions.map((layer, k) =>
    layer.map((own, row) => {
      const image = Math.floor(row / settings.rollouts);
      const { count, queries } = choice ?? { count: 0, queries: new Int32Array(0) };
      const whole = choice
        ? withPath(path[k]![image]!, own, queries.subarray(image * count, (image + 1) * count))
        : own;
      return earn(whole, labels[image]!, rules);
    }),
  );
}

/**
 * Samples the step's rollouts and waits for what they earn. Run inside gradientsOf; nothing of it is traced.
 * @param labels of each image
 * @param step 1, 2, …; with the settings' seed it decides the noise
 */
export async function sample(game: Game, labels: readonly Labels[], step: number): Promise<Sampled> {
  const { detector, trace, settings } = game;
  const { hidden, boxes } = trace.first;
  const first = { hidden: stopGradient(hidden), boxes: stopGradient(boxes) };
  const wanted = chooseExplored(game.predictions, game.matches, settings.explored);
  const start: Start = { first, firstMean: stopGradient(decoderLayers(trace)[0]!.hidden), explored: undefined };
  if (wanted) start.explored = untraced(() => exploredOf(wanted, trace));
  const episode = untraced(() => episodeOf(detector, trace.memory, start, settings));
  const choice = episode.explored ? wanted : null;
  const size = { rows: episode.rows, layers: episode.steps, queries: choice?.count ?? hidden.shape[1] };
  const noise = noiseOf(episode, [size.queries, hidden.shape[2]], settings.seed, step);
  const steps = untraced(() => rollOut(episode, noise));
  const earned = await earnedBy(steps, labels, game, choice);
  const judged = judge(earned, labels.length, settings);
  const advantages = choice
    ? ofExplored(judged.advantages, choice, { layers: size.layers, rollouts: settings.rollouts })
    : judged.advantages;
  const layers = steps.map(({ state, action, logProb }, k): SampledLayer => {
    const { active, kl } = columnsOf(advantages, size, k, game, step);
    const indices = tf.tensor2d(active.queries, [size.rows, active.count], 'int32');
    const old = gatherTokens(tf.reshape(logProb, [size.rows, size.queries, 1]) as tf.Tensor3D, indices);
    return {
      step: { state, action },
      queries: indices,
      advantage: tf.tensor2d(active.values, [size.rows, active.count]),
      oldLogProb: tf.reshape(old, [size.rows, active.count]) as tf.Tensor2D,
      kl,
    };
  });
  return { first, explored: episode.explored, layers, earned, judged };
}
