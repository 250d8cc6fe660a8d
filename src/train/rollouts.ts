/**
 * A step's rollouts and what they earned (../shared/design/rl.md), as constants that one or more passes learn from.
 *
 * B images, G rollouts of an image, R = B G rows (image by image), K decoder layers, Q queries, E of them sampled (all, where the
 * settings say so), O others, A whose policy is wanted with a gradient, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../kernels/random-normal/op';
import { untraced } from '../kernels/untraced';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import type { Memo } from '../models/company';
import { decoderLayers, type Detector, type First, type Memory, type Trace } from '../models/detector';
import { rollOut, type Episode, type Explored, type RolloutStep } from '../models/episode';
import { gatherTokens } from '../kernels/gather-tokens/op';
import { stopGradient } from '../nn/tape';
import { columnsOf, type Columns, type LayerColumns } from './columns';
import { chooseExplored, ofExplored, withPath, type Choice } from './explore';
import { normed } from './policy-norm';
import { readPredictions } from './predictions';
import { earn, judge, type Earned, type Judged } from './rewards';

/** What a step plays on. */
export interface Game {
  detector: Detector;
  /** The policy before the run; null without a KL to it. */
  frozen: Detector | null;
  trace: Trace;
  settings: TrainSettings;
}

/** [K][B] what the path without noise says, and what it stands for. */
export interface Path {
  predictions: readonly (readonly SetPrediction[])[];
  matches: readonly (readonly Match[])[];
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

/** The tensors that the policy's loss is computed of. */
export interface Sampled {
  /** What entered the first layer. */
  first: First;
  /** Absent where all queries are sampled. */
  explored: Explored | undefined;
  layers: SampledLayer[];
}

/** What the rollouts earned. */
export interface Outcome {
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
  /** Shared by episodes over the same states with the same weights. */
  memos?: Map<number, Memo> | undefined;
}

/** The episode of a step with the settings' rollouts and limits of log_std. */
export function episodeOf(
  detector: Detector,
  memory: Memory,
  { first, firstMean, explored, memos }: Start,
  { rollouts, logStdMin, logStdMax }: TrainSettings,
): Episode {
  return detector.episode(memory, first, {
    ...{ rollouts, logStd: { min: logStdMin, max: logStdMax } },
    ...{ firstMean, explored, memos },
  });
}

/** Standard normal numbers of every layer [R,E,D]; the same for the same seed and step. */
export function noiseOf(shape: readonly number[], layers: number, seed: number, step: number): tf.Tensor3D[] {
  return Array.from({ length: layers }, (_, k) =>
    randomNormal<tf.Rank.R3>(shape as [number, number, number], { seed, stream: step * layers + k }),
  );
}

/** The path without noise as company for the queries that are sampled. @param chosen queries [B,E] and others [B,O] int32 */
function exploredOf(chosen: Pick<Explored, 'queries' | 'others'>, { first, layers }: Trace): Explored {
  const entering = [first, ...decoderLayers({ layers }).slice(0, -1)];
  return {
    ...chosen,
    path: entering.map(({ hidden, boxes }) => ({ queries: stopGradient(hidden), boxes: stopGradient(boxes) })),
  };
}

/** Rollouts that are not judged yet. */
export interface Rollouts extends Omit<Sampled, 'layers'> {
  steps: RolloutStep[];
  /** Of the trace that they were played on. */
  memos: Map<number, Memo>;
}

/**
 * Samples a step's rollouts; nothing of it is traced.
 * @param chosen queries [B,E] and others [B,O] int32; null: all queries are sampled, as in a family that cannot do otherwise
 * @param noise standard normal numbers of each layer, of the shape that it is given: [R,E,D]
 */
export function rollOutFrom(
  { detector, trace, settings }: Game,
  chosen: Pick<Explored, 'queries' | 'others'> | null,
  noise: (shape: [number, number, number]) => tf.Tensor3D[],
): Rollouts {
  const { hidden, boxes } = trace.first;
  const first = { hidden: stopGradient(hidden), boxes: stopGradient(boxes) };
  const memos = new Map<number, Memo>();
  const start: Start = {
    ...{ first, memos },
    firstMean: stopGradient(decoderLayers(trace)[0]!.hidden),
    explored: chosen ? untraced(() => exploredOf(chosen, trace)) : undefined,
  };
  const episode = untraced(() => episodeOf(detector, trace.memory, start, settings));
  const { explored, rows } = episode;
  const queries = explored ? explored.queries.shape[1] : hidden.shape[1];
  const steps = untraced(() => rollOut(episode, noise([rows, queries, hidden.shape[2]])));
  return { first, explored, steps, memos };
}

/** [K][R] of all queries, whatever was sampled. @param predictions [K][R] of those that were */
function earnedBy(
  predictions: readonly (readonly SetPrediction[])[],
  labels: readonly Labels[],
  { predictions: path }: Path,
  { detector, settings }: Pick<Game, 'detector' | 'settings'>,
  choice: Choice | null,
): Earned[][] {
  const rules = { settings, recipe: detector.setLoss };
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
 * What rollouts earned, and of which queries of each layer the policy's loss is computed.
 * @param predictions [K][R] of the rollouts
 * @param labels of each image
 * @param choice of the queries that were sampled; null: all
 * @param least columns for queries that earn something
 */
export function judgeRollouts(
  predictions: readonly (readonly SetPrediction[])[],
  labels: readonly Labels[],
  path: Path,
  game: Pick<Game, 'detector' | 'frozen' | 'settings'>,
  { choice, step, least }: { choice: Choice | null; step: number; least?: number },
): { outcome: Outcome; columns: LayerColumns[] } {
  const { settings, frozen } = game;
  const earned = earnedBy(predictions, labels, path, game, choice);
  const judged = judge(earned, labels.length, settings);
  const layers = predictions.length;
  const ownWeight = normed(judged.advantages, labels, game.detector.queries, settings);
  const advantages = choice ? ofExplored(ownWeight, choice, { layers, rollouts: settings.rollouts }) : ownWeight;
  const size = { rows: predictions[0]!.length, layers, queries: predictions[0]![0]!.queries };
  const rules = { settings, toStart: frozen !== null, ...(least === undefined ? {} : { least }) };
  const columns = predictions.map((_, k) => columnsOf(advantages, size, k, rules, step));
  return { outcome: { earned, judged }, columns };
}

/** @param queries @param advantage [R,A] of the layer's columns */
export function sampledLayer(
  { state, action, logProb }: RolloutStep,
  { queries, advantage, kl }: Pick<SampledLayer, 'queries' | 'advantage' | 'kl'>,
): SampledLayer {
  const old = gatherTokens(tf.reshape(logProb, [...logProb.shape, 1]) as tf.Tensor3D, queries);
  const oldLogProb = tf.reshape(old, queries.shape) as tf.Tensor2D;
  return { step: { state, action }, queries, advantage, oldLogProb, kl };
}

function chosenTensors({ queries, others, count }: Choice): Pick<Explored, 'queries' | 'others'> {
  const images = queries.length / count;
  return {
    queries: tf.tensor2d(queries, [images, count], 'int32'),
    others: tf.tensor2d(others, [images, others.length / images], 'int32'),
  };
}

/**
 * Samples the step's rollouts and waits for what they earn. Run inside gradientsOf; nothing of it is traced.
 * @param labels of each image
 * @param step 1, 2, …; with the settings' seed it decides the noise
 */
export async function sample(
  game: Game,
  path: Path,
  labels: readonly Labels[],
  step: number,
): Promise<{ sampled: Sampled; outcome: Outcome; memos: Map<number, Memo> }> {
  const { detector, settings } = game;
  const wanted = chooseExplored(path.predictions, path.matches, settings.explored);
  const rollouts = rollOutFrom(game, wanted && chosenTensors(wanted), (shape) =>
    noiseOf(shape, detector.layers, settings.seed, step),
  );
  const choice = rollouts.explored ? wanted : null;
  const predictions = await readPredictions(rollouts.steps, detector.scoring);
  const { outcome, columns } = judgeRollouts(predictions, labels, path, game, { choice, step });
  const layers = rollouts.steps.map((one, k) => {
    const { active, kl } = columns[k]!;
    const shape: [number, number] = [predictions[0]!.length, active.count];
    const queries = tf.tensor2d(active.queries, shape, 'int32');
    return sampledLayer(one, { queries, advantage: tf.tensor2d(active.values, shape), kl });
  });
  const { first, explored, memos } = rollouts;
  return { sampled: { first, explored, layers }, outcome, memos };
}
