/**
 * One pass over a batch on TF.js's tape, from the images or the kept memory to the loss and its figures.
 *
 * B images, K decoder layers.
 */
import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '../lib/random';
import type { Labels, SetPrediction } from '../lib/set-prediction';
import { clustersOf, type TrainSettings } from '../lib/train-settings';
import { selectionOf, type Detector, type Memory, type Trace } from '../models/detector';
import { denoisingLoss } from '../models/denoising/loss';
import { whileCheckpointing } from '../nn/checkpointing';
import type { Batch, Taught } from './batch';
import { distilObjective } from './distil-objective';
import { meanEarned, packFigures } from './figures';
import { knownLabels } from './labelled';
import { policyObjective } from './policy-objective';
import { readPredictions } from './predictions';
import type { Earned } from './rewards';
import { sample, type Game, type Outcome, type Sampled } from './rollouts';
import { setObjective } from './set-objective';

/** What a pass is of. */
export interface Learning {
  detector: Detector;
  /** The model before the run, for the KL to the start; null without one. */
  frozen: Detector | null;
  settings: TrainSettings;
  /** Computes layers of a learning encoder twice to keep less of them. */
  checkpoints: boolean;
}

/** Rollouts and what they earned. */
export interface Rolled {
  sampled: Sampled;
  outcome: Outcome;
}

/** What a pass leaves behind. */
export interface Pass {
  outcome: Outcome | null;
  /** For further passes over the same rollouts; a plan keeps its own. */
  sampled: Sampled | null;
  mean: (Earned | null)[][];
}

/** What is traced. */
export interface Traced {
  loss: tf.Scalar;
  /** As `packFigures` packs them. */
  figures: tf.Tensor1D;
  pass: Pass;
}

/**
 * Everything up to the loss. Run inside gradientsOf.
 *
 * @param rolled of an earlier pass over the same batch; null draws them where the run has a policy
 * @throws NotFinite
 */
export async function traced(learning: Learning, step: number, batch: Batch, rolled: Rolled | null): Promise<Traced> {
  const { detector, frozen, settings } = learning;
  const memory = batch.memory ?? (await encode(learning, batch));
  const labels = batch.items.map((item) => item.labels);
  const denseTaught = batch.taught !== undefined && settings.distilDense > 0;
  const trace = detector.decode(memory, { dense: denseTaught || settings.selectionLoss === 'dense' });
  const set = await setObjective(detector, trace, labels, settings);
  const game: Game = { detector, frozen, trace, settings };
  const fresh = settings.policy === 'none' || rolled ? null : await sample(game, set, knownLabels(labels), step);
  const played = rolled ?? fresh;
  const policy = played && policyObjective(game, played.sampled, fresh && fresh.memos);
  const distil = batch.taught ? await distilled(learning, trace, set.predictions, batch.taught) : null;
  const denoising = denoised(learning, step, trace, labels);
  const terms = [set.loss, policy?.loss, distil, denoising].filter((term) => term !== null && term !== undefined);
  const loss = terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
  const figures = packFigures(loss, set.layers, policy, distil, detector.layers);
  const pass: Pass = {
    outcome: played?.outcome ?? null,
    sampled: played?.sampled ?? null,
    mean: meanEarned(set.predictions, set.matches, labels, { settings, recipe: detector.setLoss }),
  };
  return { loss, figures, pass };
}

async function encode({ detector, settings, checkpoints }: Learning, { images, mask }: Batch): Promise<Memory> {
  const [clusters, options] = [clustersOf(settings), mask ? { mask } : {}];
  if (!clusters) return whileCheckpointing(checkpoints, () => detector.encode(images!, options));
  return (await detector.encodeClustered!(images!, clusters, options)).memory;
}

/** @param predictions [K][B] of the decoder layers */
async function distilled(
  { detector, settings }: Learning,
  trace: Trace,
  predictions: readonly SetPrediction[][],
  taught: readonly Taught[],
): Promise<tf.Scalar> {
  const selection = selectionOf(trace);
  const chosen = selection ? await readPredictions([selection], detector.scoring) : [];
  return distilObjective(trace, [...chosen, ...predictions], taught, settings, detector.setLoss);
}

/** RT-DETR's contrastive denoising, where the run has it. */
function denoised(
  { detector, settings }: Learning,
  step: number,
  { memory }: Trace,
  labels: readonly (Labels | null)[],
): tf.Scalar | null {
  const { denoising: copies, seed } = settings;
  if (copies === 0) return null;
  return denoisingLoss(detector, memory, labels, { copies, random: seededRandom(seed, 'denoising', step) });
}
